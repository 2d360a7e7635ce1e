// How many a condition takes while it is being built: asked a moment after each change, the question
// before it given up.
import { useEffect, useState } from "react";
import { count, percent, t } from "../words";
import { told } from "../http";
import { faultsOf, type Asker, type Audience, type Fault } from "./asker";
import type { Plain } from "../model/tree";
import { open, toCondition, type Group } from "./groups";

const PAUSE = 400;

export interface Asked {
  found: Audience | null;
  /** The numbers are of the condition before the last change. */
  old: boolean;
  unfinished: boolean;
  faults: Fault[];
  message: string;
  exactly(): void;
  again(): void;
}

const NO_FAULTS: Fault[] = [];

export function useAudience(
  asker: Asker,
  tree: Group,
  place: string,
  first: Audience | null,
): Asked {
  const said = toCondition(tree);
  const condition = said === undefined && place === "journey" ? { all: [] } : said;
  const unfinished = open(tree);
  const key = unfinished ? "" : (JSON.stringify(condition) ?? "");
  const [answer, setAnswer] = useState<{
    key: string;
    found: Audience | null;
    faults: Fault[];
    message: string;
    exactly: boolean;
  }>({ key: first ? key : "", found: first, faults: NO_FAULTS, message: "", exactly: false });
  const known = answer.message ? "" : answer.key;
  const [patient, setPatient] = useState("");
  const [round, setRound] = useState(0);
  useEffect(() => {
    const exactly = patient === key;
    if (!key || (key === known && !exactly)) return undefined;
    const asking = new AbortController();
    const later = setTimeout(
      () => {
        asker.audience(JSON.parse(key) as Plain, exactly, asking.signal).then(
          (found) => setAnswer({ key, found, faults: NO_FAULTS, message: "", exactly }),
          (error: unknown) => {
            if (asking.signal.aborted) return;
            const faults = faultsOf(error);
            setAnswer((now) => ({ key, found: now.found, faults, message: told(error), exactly }));
          },
        );
      },
      exactly ? 0 : PAUSE,
    );
    return () => {
      clearTimeout(later);
      asking.abort();
    };
  }, [asker, key, patient, round]);
  const current = answer.key === key;
  return {
    found: answer.found,
    old: !current || !!answer.message || (patient === key && !answer.exactly),
    unfinished,
    faults: current ? answer.faults : NO_FAULTS,
    message: current ? answer.message : "",
    exactly: () => setPatient(key),
    again: () => {
      setAnswer((now) => ({ ...now, key: "", message: "" }));
      setRound(round + 1);
    },
  };
}

export function AudienceView({ audience }: { audience: Asked }) {
  const { found, old, message, unfinished } = audience;
  const wrong = message && (
    <p className="sjc-wrong" role="alert">
      {message}{" "}
      <button type="button" className="sjc-link" onClick={audience.again}>
        {t("Try again")}
      </button>
    </p>
  );
  if (!found) return wrong || <p className="sjc-waiting">{t("Counting…")}</p>;
  const about = found.exact ? "" : "≈ ";
  return (
    <div className={old ? "sjc-audience is-old" : "sjc-audience"} aria-busy={old && !message}>
      {unfinished && <p className="sjc-word">{t("Counted again when every rule is filled in.")}</p>}
      {wrong}
      {found.uncounted !== undefined ? (
        <p className="sjc-word">{found.uncounted}</p>
      ) : (
        <>
          <p className="sjc-number-of" role="status">
            <b>
              {about}
              {count(found.count)}
            </b>
            <span>
              {t("of {n} customers", { n: count(found.base) })}
              {found.base > 0 && ` · ${about}${percent(found.count, found.base)}`}
            </span>
          </p>
          <Bar part={found.count} whole={found.base} />
          {!found.exact && <Estimate audience={audience} found={found} />}
          <Reach found={found} />
          <Some found={found} />
        </>
      )}
    </div>
  );
}

function Bar({ part, whole }: { part: number; whole: number }) {
  const width = `${whole > 0 ? Math.min(100, (part / whole) * 100) : 0}%`;
  return (
    <span className="sjc-bar" aria-hidden="true">
      <span style={{ width }} />
    </span>
  );
}

function Estimate({ audience, found }: { audience: Asked; found: Audience }) {
  const values = { margin: count(found.margin), n: count(found.sampled) };
  return (
    <p className="sjc-word">
      {t("Estimated from {n} customers, give or take {margin}.", values)}{" "}
      <button type="button" className="sjc-link" disabled={audience.old} onClick={audience.exactly}>
        {t("Count exactly")}
      </button>
    </p>
  );
}

function Reach({ found }: { found: Audience }) {
  return (
    <section>
      <h3>{t("Reachable by")}</h3>
      <ul className="sjc-reach">
        {found.reachable.map((each) => (
          <li key={each.channel} className={each.count === 0 ? "is-none" : undefined}>
            <span>{each.name}</span>
            <Bar part={each.count} whole={found.count} />
            <data>
              {found.exact ? "" : "≈ "}
              {count(each.count)}
            </data>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Some({ found }: { found: Audience }) {
  if (found.sample.length === 0) return null;
  return (
    <section>
      <h3>{t("Some of them")}</h3>
      <ul className="sjc-sample">
        {found.sample.map((each) => (
          <li key={each.url}>
            <a className="sj-link" href={each.url} target="_blank" rel="noreferrer">
              {each.name}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
