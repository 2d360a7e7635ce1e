// How messages look where they arrive. Sizes and texts are the server's.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Editor } from "../editor";
import type { Message, Sampled } from "../server";
import { count, percent, t, tn } from "../words";
import { Choice, Icon, Notice } from "./parts";

type Way = "desktop" | "phone" | "dark" | "plain";
const WIDTHS: Record<Way, number> = { desktop: 600, phone: 375, dark: 600, plain: 600 };

export function Mail({ message, mail }: { message: Message; mail: NonNullable<Message["mail"]> }) {
  const [way, setWay] = useState<Way>("desktop");
  const heavy = mail.bytes > mail.clipped;
  return (
    <>
      <div className="sj-body ste-inbox" role="group" aria-label={t("In the inbox")}>
        <span className="ste-from">{mail.from || t("no account can send it")}</span>
        <span className="ste-line">
          <b>{message.subject || t("(no subject)")}</b>
          <span> – {mail.preheader}</span>
        </span>
        <span className="sj-faint">
          {t("Subject: {n} characters; phones show about 35 of them.", {
            n: count(message.subject.length),
          })}
        </span>
      </div>
      <div className="sj-body ste-views">
        <Choice
          label={t("How it is shown")}
          options={[
            ["desktop", t("Desktop"), "desktop_windows"],
            ["phone", t("Phone"), "smartphone"],
            ["dark", t("Dark"), "dark_mode"],
            ["plain", t("Plain text"), "notes"],
          ]}
          value={way}
          onChange={(next) => setWay(next)}
        />
        <span className={heavy ? "ste-heavy" : "sj-faint"}>
          {t("{size} KB of {most}", {
            size: count(Math.round(mail.bytes / 100) / 10),
            most: count(mail.clipped / 1000),
          })}
          {heavy ? `: ${t("Gmail cuts it off")}` : ""}
        </span>
      </div>
      {way === "plain" || !mail.html ? (
        <pre className="sj-pre ste-plain" tabIndex={0}>
          {message.text}
        </pre>
      ) : (
        <Frame
          html={way === "dark" ? mail.dark : mail.html}
          width={WIDTHS[way]}
          dark={way === "dark"}
        />
      )}
    </>
  );
}

/** The page at its own width, drawn smaller where there is less room. */
function Frame({ html, width, dark }: { html: string; width: number; dark: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(width);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setRoom(entry!.contentRect.width));
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);
  const scale = Math.min(1, room / width);
  const height = 640;
  return (
    <div
      ref={place}
      className={dark ? "ste-frame ste-dark" : "ste-frame"}
      style={{ height: `${height * scale}px` }}
    >
      <iframe
        sandbox=""
        title={t("The mail as it would be")}
        srcdoc={html}
        style={{ width: `${width}px`, height: `${height}px`, transform: `scale(${scale})` }}
      />
    </div>
  );
}

export function Bubble(given: {
  editor: Editor;
  message: Message;
  segments: NonNullable<Message["segments"]>;
}) {
  const { editor, message, segments } = given;
  const cyrillic = segments.encoding === "ucs2";
  const [alone, each] = cyrillic ? [70, 67] : [160, 153];
  const size = segments.count > 1 ? each : alone;
  return (
    <div className="sj-body ste-phone">
      <p className="ste-from">{message.from || t("no account can send it")}</p>
      <p className="sj-bubble ste-said">{message.text || "–"}</p>
      <p>
        <b>{tn("{n} part", segments.count)}</b>
        <span className="sj-faint">
          {" · "}
          {t("{units} of {room}", {
            units: count(segments.units),
            room: count(size * Math.max(1, segments.count)),
          })}
          {" · "}
          {cyrillic
            ? t("beyond the Latin alphabet: {n} characters a part", { n: size })
            : t("Latin alphabet: {n} characters a part", { n: size })}
        </span>
      </p>
      <Sample editor={editor} />
    </div>
  );
}

/** The longest of many: what one customer gets says little of the others. */
function Sample({ editor }: { editor: Editor }) {
  const { sampled } = editor;
  if (!sampled)
    return (
      <button
        type="button"
        className="sj-button"
        disabled={editor.busy}
        onClick={() => void editor.sample()}
      >
        <Icon name="groups" />
        {t("Count for 200 customers")}
      </button>
    );
  const longest = sampled.lengths.find((each) => each.field === "text")?.longest[0];
  const parts = Object.entries(sampled.segments?.counts ?? {});
  return (
    <div className="ste-sample">
      <p>
        {t("Of {n} customers:", { n: count(sampled.customers) })}{" "}
        {parts
          .map(
            ([number, customers]) =>
              `${tn("{n} part", Number(number))} – ${share(customers, sampled)}`,
          )
          .join(" · ")}
      </p>
      {longest ? (
        <p>
          {t("The longest has {n} characters.", { n: count(longest.length) })}{" "}
          <button
            type="button"
            className="sj-link"
            onClick={() => editor.show({ customer: String(longest.customer) })}
          >
            {t("Show it")}
          </button>
        </p>
      ) : null}
      {sampled.errors.map((each) => (
        <Notice key={each.message} tone="danger">
          <p>
            {each.message} – {share(each.customers, sampled)}
          </p>
        </Notice>
      ))}
      {sampled.empty.map((each) => (
        <p key={each.path} className="sj-faint">
          {t("{path} is empty for {share}", { path: each.path, share: percent(each.share, 1) })}
        </p>
      ))}
    </div>
  );
}

function share(customers: number, sampled: Sampled): string {
  return `${count(customers)} (${percent(customers, sampled.customers)})`;
}

export function Push({ message, push }: { message: Message; push: NonNullable<Message["push"]> }) {
  const over = push.bytes > push.most;
  const title = cut(message.title, push.lengths.title);
  const body = cut(message.body, push.lengths.body);
  return (
    <div className="sj-body ste-stack">
      <div className="ste-push">
        <div>
          <b>{title || "–"}</b>
          <p>{body}</p>
          <span className="sj-faint">{hostOf(message.url)}</span>
        </div>
        {message.image ? <Icon name="image" /> : null}
      </div>
      {message.title.length > push.lengths.title || message.body.length > push.lengths.body ? (
        <Notice tone="warning">
          <p>
            {t(
              "A lock screen cuts titles at about {title} characters and texts at about {body}.",
              push.lengths,
            )}
          </p>
        </Notice>
      ) : null}
      <p className={over ? "ste-heavy" : "sj-faint"}>
        {t("{size} of {most} bytes that a push may have", {
          size: count(push.bytes),
          most: count(push.most),
        })}
      </p>
    </div>
  );
}

export function Chat({ chat, message }: { chat: NonNullable<Message["chat"]>; message: Message }) {
  if (chat.refused)
    return (
      <div className="sj-body">
        <Notice tone="danger">
          <p>{chat.refused}</p>
        </Notice>
      </div>
    );
  return (
    <div className="sj-body ste-chat">
      <div className="ste-said">
        {message.image ? (
          <p className="ste-picture">
            <Icon name="image" /> {message.image}
          </p>
        ) : null}
        <b>{chat.text.slice(0, chat.bold)}</b>
        {chat.text.slice(chat.bold)}
      </div>
      {chat.buttons.map((each) => (
        <span key={each} className="ste-key">
          {each}
        </span>
      ))}
      <p className="sj-faint">{t("{n} characters", { n: count(chat.text.length) })}</p>
    </div>
  );
}

export function Onsite({ message }: { message: Message }) {
  return (
    <div className="sj-body">
      <div className="ste-push">
        <div>
          <b>{message.title || "–"}</b>
          <p>{message.text}</p>
          <span className="sj-faint">{hostOf(message.url)}</span>
        </div>
      </div>
    </div>
  );
}

export function Links({ message }: { message: Message }) {
  if (!message.links.length) return null;
  return (
    <details className="sj-body ste-links">
      <summary>{tn("{n} address", message.links.length)}</summary>
      <ul>
        {message.links.map((each) => (
          <li key={each.url}>
            <Icon name={each.kind === "image" ? "image" : "link"} />
            <span className="sj-mono">{each.url}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
