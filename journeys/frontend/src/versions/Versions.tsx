// Any two versions side by side: coloured on the canvas, value by value in a table; and the way back.
import { useEffect, useState } from "react";
import type { Window } from "../overlay";
import { Icon, Tool } from "../parts";
import { Legend } from "../Plan";
import { told } from "../http";
import type { Compared, VersionLine } from "../server";
import { count, t } from "../words";
import { byStep } from "./table";

const DRAFT = "draft";

export default function Versions({ editor, lay, onClose }: Window) {
  const [versions, setVersions] = useState<VersionLine[] | null>(null);
  const [old, setOld] = useState("");
  const [next, setNext] = useState(DRAFT);
  const [found, setFound] = useState<Compared | null>(null);
  const [refusal, setRefusal] = useState("");
  const [done, setDone] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const { server, state, saving } = editor;

  useEffect(() => {
    let gone = false;
    const look = async () => {
      await editor.save();
      const items = await server.versions();
      if (gone) return;
      setVersions(items);
      setOld((now) => now || String((items.find((each) => each.live) ?? items[0])?.number ?? ""));
    };
    look().catch((error: unknown) => {
      if (!gone) setRefusal(told(error));
    });
    return () => {
      gone = true;
    };
    // The list is asked for once: whoever publishes meanwhile does it in another window.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useEffect(() => {
    if (!old) return undefined;
    let gone = false;
    const show = (answer: Compared) => {
      if (gone) return;
      setFound(answer);
      setRefusal("");
      lay({
        text: next === DRAFT ? undefined : answer.new,
        before: answer.old,
        changes: new Map(answer.steps.map((step) => [step.id, step])),
      });
    };
    server.compare(old, next).then(show, (error: unknown) => {
      if (!gone) setRefusal(told(error));
    });
    return () => {
      gone = true;
    };
  }, [old, next, state.revision, server, lay]);

  const restore = async () => {
    setBusy(true);
    setRefusal("");
    try {
      await editor.restore(Number(old));
      setDone(Number(old));
      setNext(DRAFT);
    } catch (error) {
      setRefusal(told(error));
    } finally {
      setBusy(false);
    }
  };
  const chosen = versions?.find((each) => String(each.number) === old);
  return (
    <aside className="sje-panel sje-plan" aria-label={t("Versions")}>
      <header>
        <h2>{t("Versions")}</h2>
        <Tool icon="close" label={t("Close")} onClick={onClose} />
      </header>
      {!versions && !refusal && <p className="sje-help">{t("One moment…")}</p>}
      {versions && (
        <div className="sje-rows">
          <Choice label={t("Before")} value={old} onChange={setOld} versions={versions} />
          <Choice label={t("After")} value={next} onChange={setNext} versions={versions} draft />
        </div>
      )}
      {chosen && (
        <p className="sje-help">
          {[
            t("Version {number}", { number: chosen.number }),
            chosen.published,
            chosen.by,
            chosen.note,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      )}
      {refusal && (
        <p className="sje-wrong" role="alert">
          {refusal}
        </p>
      )}
      {done !== null && (
        <p className="sje-done" role="status">
          <Icon name="check_circle" />
          {t("Version {number} is the draft again. Undo brings back what was there.", {
            number: done,
          })}
        </p>
      )}
      {found && <Legend steps={found.steps} />}
      {found && <Fields found={found} />}
      {editor.boot.mayChange && chosen && (
        <>
          <button
            type="button"
            className="sj-button"
            disabled={busy || saving === "conflict" || saving === "unreadable"}
            onClick={() => void restore()}
          >
            <Icon name="settings_backup_restore" />
            {t("Make version {number} the draft", { number: chosen.number })}
          </button>
          <p className="sje-help">{t("Customers notice nothing before it is published.")}</p>
        </>
      )}
    </aside>
  );
}

function Choice({
  label,
  value,
  onChange,
  versions,
  draft = false,
}: {
  label: string;
  value: string;
  onChange(value: string): void;
  versions: VersionLine[];
  draft?: boolean;
}) {
  return (
    <label className="sje-field">
      <span>{label}</span>
      <select className="sj-input" value={value} onChange={(event) => onChange(event.target.value)}>
        {draft && <option value={DRAFT}>{t("Draft")}</option>}
        {versions.map((each) => (
          <option key={each.number} value={each.number}>
            {t("Version {number}", { number: each.number })}
            {each.live ? ` · ${t("live")}` : ""}
          </option>
        ))}
      </select>
    </label>
  );
}

function Fields({ found }: { found: Compared }) {
  const steps = byStep(found);
  if (steps.length === 0) return <p>{t("The two are the same; at most comments differ.")}</p>;
  const words: Record<string, string> = {
    added: t("new"),
    changed: t("changed"),
    removed: t("removed"),
  };
  return (
    <table className="sje-fields">
      <thead>
        <tr>
          <th>{t("What")}</th>
          <th>{t("Before")}</th>
          <th>{t("After")}</th>
        </tr>
      </thead>
      {steps.map(({ step, change, standing, fields }) => (
        <tbody key={step}>
          <tr className={`is-${change}`}>
            <th colSpan={3} scope="rowgroup">
              {step || t("The journey")} {words[change] && <em>{words[change]}</em>}
              {standing > 0 && (
                <small> · {t("{number} there now", { number: count(standing) })}</small>
              )}
            </th>
          </tr>
          {fields.map((field) => (
            <tr key={field.path}>
              <td>{field.path}</td>
              <td>{field.before === null ? "–" : <del>{field.before}</del>}</td>
              <td>{field.after === null ? "–" : <ins>{field.after}</ins>}</td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}
