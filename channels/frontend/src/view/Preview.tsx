// The other side: what somebody would get, rendered by the server as it would be sent.
import { useEffect, useRef, useState } from "preact/hooks";
import { useEditor, type Editor } from "../editor";
import type { Message, Person } from "../server";
import { t, tn } from "../words";
import { Bubble, Chat, Links, Mail, Onsite, Push } from "./mocks";
import { Icon, Notice } from "./parts";
import { SendTest } from "./SendTest";

export function Preview({ editor }: { editor: Editor }) {
  useEditor(editor);
  const { shown } = editor;
  const stale = (channel: string) => editor.tab !== "document" && editor.tab !== channel;
  const all = Object.entries(shown?.channels ?? {}).filter(([channel]) => !stale(channel));
  const seen = Object.fromEntries(all);
  return (
    <div className="ste-preview">
      <section className="sj-card" aria-busy={editor.busy}>
        <header>
          <h2>{t("As somebody gets it")}</h2>
          {shown?.customer ? (
            <a className="sj-link" href={shown.customer.url} target="_blank" rel="noreferrer">
              {shown.customer.name}
            </a>
          ) : (
            <span className="sj-faint">{t("nobody in particular")}</span>
          )}
        </header>
        <Who editor={editor} />
        {editor.failure ? (
          <div className="sj-body">
            <Notice tone="danger">
              <p>{editor.failure}</p>
            </Notice>
          </div>
        ) : null}
        {shown?.missing.length && !editor.failure ? (
          <div className="sj-body">
            <Notice tone="warning">
              <p>
                {t("Empty here, without a default:")}{" "}
                <span className="sj-mono">{shown.missing.join(", ")}</span>
              </p>
            </Notice>
          </div>
        ) : null}
        {!shown && !editor.failure ? <p className="sj-empty">{t("Rendering…")}</p> : null}
        {Object.entries(seen).map(([channel, message]) => (
          <Seen key={channel} editor={editor} channel={channel} message={message} />
        ))}
      </section>
      {shown && editor.server.boot.mayTest ? <SendTest editor={editor} /> : null}
    </div>
  );
}

function Seen({ editor, channel, message }: { editor: Editor; channel: string; message: Message }) {
  const name = editor.server.boot.channels[channel] ?? channel;
  if (message.problem || message.aborted !== null)
    return (
      <div className="sj-body">
        <Notice tone={message.problem ? "danger" : "warning"}>
          <p>
            {message.problem ||
              `${t("The template stops this message:")} ${message.aborted || "–"}`}
          </p>
        </Notice>
      </div>
    );
  return (
    <>
      {message.mail ? <Mail message={message} mail={message.mail} /> : null}
      {message.segments ? (
        <Bubble editor={editor} message={message} segments={message.segments} />
      ) : null}
      {message.push ? <Push message={message} push={message.push} /> : null}
      {message.chat ? <Chat message={message} chat={message.chat} /> : null}
      {channel === "inbox" ? <Onsite message={message} /> : null}
      {!message.mail &&
      !message.segments &&
      !message.push &&
      !message.chat &&
      channel !== "inbox" ? (
        <div className="sj-body">
          <p className="sj-faint">{name}</p>
          <pre className="sj-pre">{message.text || message.body || message.title || "–"}</pre>
        </div>
      ) : null}
      <Links message={message} />
    </>
  );
}

/** For whom: chosen, by lot, who lacks most, or nobody; in which language; with which event. */
function Who({ editor }: { editor: Editor }) {
  const kinds: [string, string][] = [
    ["worst", t("who lacks most")],
    ["random", t("somebody")],
    ["nobody", t("nobody")],
  ];
  return (
    <div className="sj-body ste-who">
      <Meant editor={editor} />
      <Search editor={editor} />
      <div className="ste-choice" role="group" aria-label={t("For whom")}>
        {kinds.map(([kind, words]) => (
          <button
            key={kind}
            type="button"
            aria-pressed={editor.customer === kind}
            onClick={() => editor.show({ customer: kind })}
          >
            {kind === "random" ? <Icon name="casino" /> : null}
            {words}
          </button>
        ))}
      </div>
      <label className="ste-event">
        <span>{t("with the event")}</span>
        <select
          className="sj-input"
          value={editor.event}
          onChange={(event) => editor.show({ event: event.currentTarget.value })}
        >
          <option value="">{t("none")}</option>
          {editor.events.map((each) => (
            <option key={each.name}>{each.name}</option>
          ))}
        </select>
      </label>
      {editor.shown?.readsEvent && !editor.event ? (
        <p className="ste-hint">
          {t("Its texts read the event that lets customers in: choose one to see them filled.")}
        </p>
      ) : null}
      {editor.shown?.event && !editor.shown.event.own ? (
        <p className="sj-faint">
          {t("They have no such event: it is customer {id}'s.", {
            id: editor.shown.event.customer,
          })}
        </p>
      ) : null}
    </div>
  );
}

/** Whom the template is meant for: gaps, lots and samples are of them alone. */
function Meant({ editor }: { editor: Editor }) {
  const kinds: ["journey" | "segment", string][] = [
    ["journey", t("Whom a journey lets in")],
    ["segment", t("A segment")],
  ];
  const found = editor.shown?.audience;
  return (
    <>
      <label className="ste-event">
        <span>{t("meant for")}</span>
        <select
          className="sj-input"
          value={editor.audience}
          onChange={(event) => editor.show({ audience: event.currentTarget.value })}
        >
          <option value="">{t("everybody")}</option>
          {kinds.map(([kind, words]) => {
            const some = editor.audiences.filter((each) => each.kind === kind);
            return some.length ? (
              <optgroup key={kind} label={words}>
                {some.map((each) => (
                  <option key={each.name} value={each.name}>
                    {each.title}
                  </option>
                ))}
              </optgroup>
            ) : null;
          })}
        </select>
      </label>
      {found && editor.audience ? (
        <p className="sj-faint">
          {found.everybody
            ? t("It takes everybody, or depends on the event they come in by: all are read.")
            : tn("{n} customer of it is looked at.", found.count)}
        </p>
      ) : null}
    </>
  );
}

function Search({ editor }: { editor: Editor }) {
  const [term, setTerm] = useState("");
  const [found, setFound] = useState<Person[] | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!term.trim()) return setFound(null);
    const asking = new AbortController();
    const timer = setTimeout(() => {
      editor.server
        .people(term, asking.signal)
        .then((answer) => setFound(answer.people))
        .catch(() => undefined);
    }, 250);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [term]);
  const take = (person: Person) => {
    setTerm("");
    setFound(null);
    editor.show({ customer: String(person.id) });
  };
  return (
    <div className="ste-search" ref={box}>
      <input
        className="sj-input"
        type="search"
        aria-label={t("Search for a customer")}
        placeholder={t("Name, address or identifier")}
        value={term}
        onInput={(event) => setTerm(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") setTerm("");
          if (event.key === "ArrowDown")
            box.current?.querySelector<HTMLElement>("li button")?.focus();
        }}
      />
      {found ? (
        <ul aria-label={t("Customers found")}>
          {found.map((person) => (
            <li key={person.id}>
              <button type="button" onClick={() => take(person)}>
                <b>{person.name}</b> <span className="sj-faint">{person.hint}</span>
              </button>
            </li>
          ))}
          {found.length ? null : <li className="sj-faint">{t("Nobody like that")}</li>}
        </ul>
      ) : null}
    </div>
  );
}
