// The walk of one customer: chosen, played by the engine, and looked at moment by moment.
import { useEffect, useRef, useState } from "react";
import type { Window } from "../overlay";
import { Icon, Tool } from "../parts";
import { told } from "../http";
import { t } from "../words";
import { Chooser, type Person } from "./Chooser";
import { Frame, Live, Wrong } from "./Frame";
import { clockOf, laid, type Moment, type Walked } from "./moments";

export default function Walk({ editor, lay, onClose }: Window) {
  const [person, setPerson] = useState<Person | null>(null);
  const [start, setStart] = useState("");
  const [entry, setEntry] = useState("");
  const [live, setLive] = useState(false);
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Walked | null>(null);
  const [at, setAt] = useState(0);
  const [refusal, setRefusal] = useState("");

  // What comes for another customer, or after the window was closed, comes too late.
  const asking = useRef(0);
  useEffect(
    () => () => {
      asking.current++;
    },
    [],
  );
  const choose = (chosen: Person | null) => {
    asking.current++;
    setBusy(false);
    setRefusal("");
    setPerson(chosen);
    setFound(null);
    lay(null);
  };
  const show = (walked: Walked, moment: number) => {
    setAt(moment);
    lay(laid(walked.moments, moment));
    const step = walked.moments[moment]?.step;
    if (step) editor.select(editor.steps.find((each) => each.id === step)?.key ?? null);
  };
  const play = async () => {
    if (!person) return;
    const turn = ++asking.current;
    setBusy(true);
    setRefusal("");
    try {
      await editor.save();
      const asked = { customer: String(person.id), start, entry, ...(live ? { live: "yes" } : {}) };
      const walked = await editor.server.ask<Walked>("walk", {}, asked);
      if (turn !== asking.current) return;
      setFound(walked);
      show(walked, 0);
    } catch (error) {
      if (turn !== asking.current) return;
      setFound(null);
      lay(null);
      setRefusal(told(error));
    } finally {
      if (turn === asking.current) setBusy(false);
    }
  };
  const form = (
    <>
      <label className="sje-field">
        <span>{t("Enters at")}</span>
        <input
          type="datetime-local"
          className="sj-input"
          value={start}
          onChange={(event) => setStart(event.target.value)}
        />
        <small className="sje-help">
          {t("Empty: now. In the past, what they did since happens at its own time.")}
        </small>
      </label>
      <details className="sje-more">
        <summary>{t("More")}</summary>
        <label className="sje-field">
          <span>{t("Properties they enter with (JSON)")}</span>
          <textarea
            className="sj-input sje-mono"
            rows={3}
            value={entry}
            placeholder={found ? JSON.stringify(found.entry) : ""}
            onChange={(event) => setEntry(event.target.value)}
          />
          <small className="sje-help">{t("Empty: those of their last event that lets in.")}</small>
        </label>
        <Live live={live} onChange={setLive} />
      </details>
      <button
        type="button"
        className="sj-button sj-button-primary"
        disabled={!person || busy || editor.saving === "unreadable"}
        onClick={() => void play()}
      >
        <Icon name="directions_walk" />
        {busy ? t("One moment…") : t("Walk")}
      </button>
    </>
  );
  return (
    <Frame
      title={t("Walk of one customer")}
      help={t("The engine plays it on a copy. Nobody is written to and nothing is kept.")}
      onClose={onClose}
    >
      <Chooser editor={editor} person={person} onChoose={choose} />
      {found ? (
        <details className="sje-more">
          <summary>{t("Start otherwise")}</summary>
          {form}
        </details>
      ) : (
        form
      )}
      <Wrong words={refusal} />
      {found && <Played found={found} at={at} show={(moment) => show(found, moment)} />}
    </Frame>
  );
}

function Played({ found, at, show }: { found: Walked; at: number; show(moment: number): void }) {
  const { moments } = found;
  const now = moments[at];
  if (!now) return <p>{t("Nothing happens.")}</p>;
  const clock = clockOf(now, moments[0]!);
  return (
    <section className="sje-walk" aria-label={t("What happens")}>
      <div className="sje-clock">
        <Tool
          icon="skip_previous"
          label={t("One moment back")}
          disabled={at === 0}
          onClick={() => show(at - 1)}
        />
        <input
          type="range"
          min={0}
          max={moments.length - 1}
          value={at}
          aria-label={t("Moment")}
          aria-valuetext={`${now.when}: ${now.text}`}
          onChange={(event) => show(Number(event.target.value))}
        />
        <Tool
          icon="skip_next"
          label={t("One moment on")}
          disabled={at === moments.length - 1}
          onClick={() => show(at + 1)}
        />
      </div>
      <p className="sje-when-now" role="status">
        <b>{now.when}</b>
        {clock && <span>{t("{time} after entering", { time: clock })}</span>}
      </p>
      <Told moment={now} />
      {at === moments.length - 1 && <Ending found={found} />}
    </section>
  );
}

function Told({ moment }: { moment: Moment }) {
  return (
    <>
      <p className={moment.passed ? "sje-said-now" : "sje-said-now is-refused"}>
        <Icon name={moment.message ? "mail" : moment.passed ? "check_circle" : "block"} />
        <span>
          <b>{moment.text}</b>
          {moment.step && <code className="sje-mono">{moment.step}</code>}
        </span>
      </p>
      {moment.criteria.length > 0 && (
        <ul className="sje-criteria" aria-label={t("Criteria")}>
          {moment.criteria.map((each, index) => (
            <li key={index} className={each.met ? "is-met" : "is-unmet"}>
              <Icon name={each.met ? "check" : "close"} />
              <span>
                {each.text} <small>{each.met ? t("met") : t("not met")}</small>
              </span>
            </li>
          ))}
        </ul>
      )}
      {moment.inputs.length > 0 && (
        <dl className="sje-inputs">
          {moment.inputs.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {moment.message && <Letter message={moment.message} />}
    </>
  );
}

function Letter({ message }: { message: NonNullable<Moment["message"]> }) {
  return (
    <article className="sje-letter">
      <header>
        <small>
          {message.channel}
          {message.to ? ` → ${message.to}` : ""}
        </small>
        {message.subject && <b>{message.subject}</b>}
      </header>
      {message.html ? (
        <iframe sandbox="" srcDoc={message.html} title={message.subject || message.channel} />
      ) : (
        <p>{message.text}</p>
      )}
    </article>
  );
}

function Ending({ found }: { found: Walked }) {
  if (!found.entered) return <p className="sje-help">{t("They do not come in.")}</p>;
  if (!found.ended)
    return <p className="sje-help">{t("They are still on the way after 30 days.")}</p>;
  return (
    <p className="sje-help">
      {found.ended.reason
        ? t("The walk ends here: {why}.", { why: found.ended.reason })
        : t("The walk ends here.")}
    </p>
  );
}
