// What publishing would do, beside the canvas that shows it in colour; and the button that does it.
import { useState } from "react";
import { useEditor } from "./editor";
import { placeOf } from "./model/problems";
import { Icon, Tool } from "./parts";
import { told } from "./http";
import type { Plan, PlanStep } from "./server";
import { count, t, tn } from "./words";

/** The plan, or why there is none. */
export function PlanPanel({ plan, onClose }: { plan: Plan | string; onClose: () => void }) {
  if (typeof plan !== "string") return <Reviewed plan={plan} onClose={onClose} />;
  return (
    <aside className="sje-panel sje-plan" aria-label={t("Plan")}>
      <header>
        <h2>{t("What publishing does")}</h2>
        <Tool icon="close" label={t("Close")} onClick={onClose} />
      </header>
      <p className="sje-wrong" role="alert">
        {plan}
      </p>
    </aside>
  );
}

function Reviewed({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const editor = useEditor();
  const [note, setNote] = useState("");
  const [override, setOverride] = useState("");
  const [confirm, setConfirm] = useState(false);
  const [move, setMove] = useState<Record<string, string>>({});
  const [refusal, setRefusal] = useState("");
  const [done, setDone] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const blocking = plan.problems.filter(isError);
  const blocked = blocking.length > 0;
  const found = [...blocking, ...plan.delivery.filter(isError)];
  found.push(...plan.delivery.filter((problem) => !isError(problem)));
  const moved = plan.steps
    .filter((step) => step.confirm)
    .reduce((sum, step) => sum + step.standing, 0);
  const stale = editor.state.revision !== plan.revision || editor.saving !== "saved";
  const publish = async () => {
    setBusy(true);
    setRefusal("");
    try {
      const state = await editor.server.release({
        revision: plan.revision,
        note,
        confirm,
        override,
        move,
      });
      editor.adopt(state);
      setDone(state.version);
      void drawHead();
    } catch (error) {
      setRefusal(told(error));
    } finally {
      setBusy(false);
    }
  };
  // The rest of the page tells of the version too: it is drawn anew.
  const leave = done === null ? onClose : () => location.reload();
  const lines = plan.steps.filter((step) => step.change !== "same" || step.standing > 0);
  return (
    <aside className="sje-panel sje-plan" aria-label={t("Plan")}>
      <header>
        <h2>{t("What publishing does")}</h2>
        <Tool icon="close" label={t("Close")} onClick={leave} />
      </header>
      {done !== null ? (
        <Done version={done} sandbox={editor.boot.sandbox} onClose={leave} />
      ) : (
        <>
          <p>
            {plan.version === null
              ? t("The first version: whoever triggers from now on enters.")
              : t("A new version: whoever enters from now on walks by it.")}
          </p>
          {plan.inside > 0 && <p>{tn("{n} customer inside comes along.", plan.inside)}</p>}
          <Legend steps={plan.steps} />
          {lines.length > 0 && (
            <Lines
              lines={lines}
              targets={plan.steps
                .filter((step) => step.change !== "removed")
                .map((step) => step.id)}
              move={move}
              setMove={setMove}
            />
          )}
          {found.length > 0 && (
            <ul className="sje-told">
              {found.map((problem, index) => {
                const place = placeOf(problem, editor.steps);
                return (
                  <li key={index} className={`is-${problem.severity}`}>
                    <Icon name={isError(problem) ? "error" : "warning"} />
                    <button type="button" onClick={() => editor.select(place)}>
                      {editor.steps.some((step) => step.id === place) && <b>{place} </b>}
                      {problem.message}
                    </button>
                  </li>
                );
              })}
            </ul>
          )}
          {moved > 0 && (
            <label className="sje-switch">
              <input
                type="checkbox"
                checked={confirm}
                onChange={(event) => setConfirm(event.target.checked)}
              />
              {tn("Yes, move {n} customer as the table says.", moved)}
            </label>
          )}
          <label className="sje-field">
            <span>{t("What changed (for the list of versions)")}</span>
            <input
              className="sj-input"
              maxLength={500}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          </label>
          {plan.delivery.some(isError) && (
            <label className="sje-field">
              <span>{t("Publish in spite of it, because (kept with the version)")}</span>
              <input
                className="sj-input"
                maxLength={500}
                value={override}
                onChange={(event) => setOverride(event.target.value)}
              />
            </label>
          )}
          {refusal && (
            <p className="sje-wrong" role="alert">
              {refusal}
            </p>
          )}
          {stale && (
            <p className="sje-help">{t("The draft has changed since: review it again.")}</p>
          )}
          <button
            type="button"
            className="sj-button sj-button-primary"
            disabled={busy || blocked || stale || (moved > 0 && !confirm)}
            onClick={() => void publish()}
          >
            <Icon name="rocket_launch" />
            {t("Publish")}
          </button>
          {blocked && <p className="sje-help">{t("Mend the problems first.")}</p>}
        </>
      )}
    </aside>
  );
}

function isError(problem: { severity: string }): boolean {
  return problem.severity === "error";
}

/** The head of the page says which version is live, and what may be done with it. */
async function drawHead(): Promise<void> {
  const head = "journey-head";
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(head);
  if (fresh) document.getElementById(head)?.replaceWith(fresh);
}

function Done({
  version,
  sandbox,
  onClose,
}: {
  version: number;
  sandbox: string;
  onClose: () => void;
}) {
  return (
    <>
      <p className="sje-done" role="status">
        <Icon name="check_circle" />
        {t("Version {number} is live.", { number: version })}
      </p>
      <p>{t("The numbers of its steps appear on the canvas as customers come.")}</p>
      {sandbox && (
        <p>
          <a className="sj-link" href={sandbox}>
            {t("Move the test clock in the sandbox, and see it act")}
          </a>
        </p>
      )}
      <button type="button" className="sj-button" onClick={onClose}>
        {t("Back to the canvas")}
      </button>
    </>
  );
}

export function Legend({ steps }: { steps: { change: string }[] }) {
  const of = (change: string) => steps.filter((step) => step.change === change).length;
  return (
    <p className="sje-legend">
      <span className="is-added">
        {count(of("added"))} {t("new")}
      </span>
      <span className="is-changed">
        {count(of("changed"))} {t("changed")}
      </span>
      <span className="is-removed">
        {count(of("removed"))} {t("removed")}
      </span>
      <span>
        {count(of("same"))} {t("as before")}
      </span>
    </p>
  );
}

function Lines({
  lines,
  targets,
  move,
  setMove,
}: {
  lines: PlanStep[];
  targets: string[];
  move: Record<string, string>;
  setMove(move: Record<string, string>): void;
}) {
  const words: Record<string, string> = {
    added: t("new"),
    changed: t("changed"),
    removed: t("removed"),
    same: t("as before"),
  };
  return (
    <table className="sje-numbers">
      <thead>
        <tr>
          <th>{t("Step")}</th>
          <th />
          <th>{t("there now")}</th>
          <th>{t("go to")}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.id} className={`is-${line.change}`}>
            <th scope="row">{line.id}</th>
            <td>{words[line.change]}</td>
            <td>{count(line.standing)}</td>
            <td>
              {line.confirm ? (
                <select
                  className="sj-input"
                  aria-label={t("From {step} to", { step: line.id })}
                  value={move[line.id] ?? ""}
                  onChange={(event) =>
                    setMove(
                      event.target.value
                        ? { ...move, [line.id]: event.target.value }
                        : omit(move, line.id),
                    )
                  }
                >
                  <option value="">
                    {line.goes_to === "end" || !line.goes_to
                      ? t("End of the journey")
                      : line.goes_to}
                  </option>
                  {targets
                    .filter((id) => id !== line.goes_to)
                    .map((id) => (
                      <option key={id} value={id}>
                        {id}
                      </option>
                    ))}
                  <option value="stay">{t("stay on their version")}</option>
                  <option value="leave">{t("leave the journey")}</option>
                </select>
              ) : line.standing > 0 ? (
                line.goes_to
              ) : (
                ""
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function omit(move: Record<string, string>, id: string): Record<string, string> {
  return Object.fromEntries(Object.entries(move).filter(([key]) => key !== id));
}
