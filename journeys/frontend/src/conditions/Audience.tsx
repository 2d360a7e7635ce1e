// How many a condition takes while it is being built: asked a moment after each change, the question
// before it given up.
import { useEffect, useState } from "react";
import { count, percent, t } from "../words";
import { Refused, type Asker, type Audience, type Fault } from "./asker";
import { open, toCondition, type Group } from "./model";
import { unspecified } from "./words";

const PAUSE = 400;

export interface Asked {
  found: Audience | null;
  /** The numbers are of the condition before the last change. */
  old: boolean;
  unfinished: boolean;
  faults: Fault[];
  message: string;
  exactly(): void;
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
  }>({ key: first ? key : "", found: first, faults: NO_FAULTS, message: "" });
  const known = answer.message ? "" : answer.key;
  const [patient, setPatient] = useState("");
  useEffect(() => {
    if (!key || (key === known && patient !== key)) return undefined;
    const asking = new AbortController();
    const later = setTimeout(
      () => {
        asker.audience(JSON.parse(key), patient === key, asking.signal).then(
          (found) => setAnswer({ key, found, faults: NO_FAULTS, message: "" }),
          (error: unknown) => {
            if (asking.signal.aborted) return;
            const faults = error instanceof Refused ? error.problems : NO_FAULTS;
            const message = error instanceof Refused ? error.message : unspecified();
            setAnswer((now) => ({ key, found: now.found, faults, message }));
          },
        );
      },
      patient === key ? 0 : PAUSE,
    );
    return () => {
      clearTimeout(later);
      asking.abort();
    };
  }, [asker, key, patient]);
  const current = answer.key === key;
  return {
    found: answer.found,
    old: !current || !!answer.message || (patient === key && !answer.found?.exact),
    unfinished,
    faults: current ? answer.faults : NO_FAULTS,
    message: current ? answer.message : "",
    exactly: () => setPatient(key),
  };
}

export function AudienceView({ audience }: { audience: Asked }) {
  const { found, old, message, unfinished } = audience;
  if (!found) return <p className="sjc-waiting">{message || t("Counting…")}</p>;
  const about = found.exact ? "" : "≈ ";
  return (
    <div className={old ? "sjc-audience is-old" : "sjc-audience"} aria-busy={old && !message}>
      {unfinished && <p className="sjc-word">{t("Counted again when every rule is filled in.")}</p>}
      {message && <p className="sjc-wrong">{message}</p>}
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
