// What is selected, in fields: the journey itself, or one step with its ways out.
import { useEffect, useState } from "react";
import { useEditor } from "../editor";
import { rename } from "../model/edits";
import { withNote } from "../model/notes";
import { Arms } from "../numbers/Arms";
import { END, ENTER, type Step } from "../model/steps";
import { useShow } from "../show";
import { capital, iconOf, ICONS, labelOf, titleOf } from "../summary";
import { t, tn } from "../words";
import { Icon, Tool } from "../parts";
import { Field } from "./fields";
import { Journey } from "./Journey";
import { FORMS } from "./forms";
import { Reasons } from "./Reasons";

export function Panel({ onClose }: { onClose: () => void }) {
  const editor = useEditor();
  const step = editor.steps.find((each) => each.key === editor.selected);
  return (
    <aside className="sje-panel" aria-label={t("Selected step")}>
      {step ? (
        <StepPanel key={step.key} step={step} onClose={onClose} />
      ) : (
        <>
          <header>
            <span className="sje-icon sje-kind-enter">
              <Icon name={ICONS.enter} />
            </span>
            <h2>{t("The journey")}</h2>
            {editor.selected === ENTER && (
              <Tool icon="close" label={t("Close")} onClick={onClose} />
            )}
          </header>
          <Told place={ENTER} />
          <Journey />
          <Arms of={["holdout", "global"]} />
        </>
      )}
    </aside>
  );
}

function StepPanel({ step, onClose }: { step: Step; onClose: () => void }) {
  const editor = useEditor();
  const Form = step.kind ? FORMS[step.kind] : null;
  return (
    <>
      <header>
        <span className={`sje-icon sje-kind-${step.kind}`}>
          <Icon name={iconOf(step)} />
        </span>
        <h2>{capital(editor.boot.kinds[step.kind] ?? t("Unknown step"))}</h2>
        {!editor.locked && (
          <>
            <Tool
              icon="content_copy"
              label={t("Duplicate")}
              keys="Ctrl+D"
              onClick={() => editor.duplicate(step.key)}
            />
            <Tool
              icon="delete"
              label={t("Delete")}
              keys="Del"
              onClick={() => editor.remove([step.key])}
            />
          </>
        )}
        <Tool icon="close" label={t("Close")} onClick={onClose} />
      </header>
      <Told place={step.key} />
      {Form && <Form step={step} path={["steps", step.index]} />}
      <Ways step={step} />
      <details className="sje-more" open={!step.id}>
        <summary>{t("Id and note")}</summary>
        <Name step={step} />
        <Note step={step} />
      </details>
      <Reasons step={step} />
      {step.kind === "split" && <Arms of={[step.id]} />}
    </>
  );
}

/** What is wrong here, in full. */
function Told({ place }: { place: string }) {
  const found = useShow().places.get(place) ?? [];
  if (found.length === 0) return null;
  return (
    <ul className="sje-told" aria-label={tn("{n} problem", found.length)}>
      {found.map((problem, index) => (
        <li key={index} className={problem.severity === "error" ? "is-error" : "is-warning"}>
          <Icon name={problem.severity === "error" ? "error" : "warning"} />
          {problem.message}
        </li>
      ))}
    </ul>
  );
}

/** The id changes when the field is left, and whoever leads here follows. */
function Name({ step }: { step: Step }) {
  const editor = useEditor();
  const [typed, setTyped] = useState(step.id);
  useEffect(() => setTyped(step.id), [step.id]);
  const taken = editor.steps.some((each) => each.key !== step.key && each.id === typed);
  const wrong = taken
    ? t("Another step has this id.")
    : /^[\w-]+$/.test(typed) && typed !== END
      ? ""
      : t("Letters, digits, - and _ make an id.");
  const commit = () => {
    if (!wrong && typed !== step.id && rename(editor.text, step.key, typed) !== editor.text)
      editor.rename(step.key, typed);
  };
  return (
    <Field
      label={t("Id")}
      wrong={typed === step.id ? "" : wrong}
      help={t("Customers who stand here keep their place by it.")}
    >
      {(id) => (
        <input
          id={id}
          className="sj-input sje-mono"
          value={typed}
          readOnly={editor.locked}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === "Enter") commit();
          }}
        />
      )}
    </Field>
  );
}

function Note({ step }: { step: Step }) {
  const editor = useEditor();
  const written = useShow().notes.get(step.key) ?? "";
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <Field label={t("Note")} help={t("Kept as a comment above the step.")}>
      {(id) => (
        <textarea
          id={id}
          className="sj-input"
          rows={2}
          value={typed ?? written}
          readOnly={editor.locked}
          onChange={(event) => {
            setTyped(event.target.value);
            editor.type(withNote(editor.text, step.index, event.target.value));
          }}
          onBlur={() => setTyped(null)}
        />
      )}
    </Field>
  );
}

/** Where each way out leads, and a step to put on it. */
function Ways({ step }: { step: Step }) {
  const editor = useEditor();
  const show = useShow();
  const ways = editor.ways.filter((way) => way.from === step.key && !way.exit?.fixed);
  if (ways.length === 0) return null;
  const next = editor.steps[step.index + 1];
  return (
    <fieldset className="sje-ways">
      <legend>{t("Then")}</legend>
      {ways.map((way) => {
        const said = labelOf(way.exit, editor.sentences);
        return (
          <div key={way.key} className="sje-go">
            {said && (
              <span className="sje-when" title={said}>
                {said}
              </span>
            )}
            <Icon name="arrow_forward" />
            <select
              className="sj-input"
              aria-label={said ? t("Where “{way}” leads", { way: said }) : t("Where it leads")}
              disabled={editor.locked}
              value={way.to ?? "?"}
              onChange={(event) => editor.connect(way.key, event.target.value)}
            >
              {way.to === null && <option value="?">{way.exit?.written}</option>}
              {editor.steps
                .filter((each) => each.id && each.key !== step.key)
                .map((each) => (
                  <option key={each.key} value={each.key}>
                    {each.id}
                    {each === next ? ` (${t("next")})` : ""} ·{" "}
                    {titleOf(each, editor.boot).slice(0, 40)}
                  </option>
                ))}
              <option value={END}>{t("End of the journey")}</option>
            </select>
            {!editor.locked && (
              <button
                type="button"
                className="sje-tool"
                aria-label={said ? t("Add a step on “{way}”", { way: said }) : t("Add a step here")}
                title={t("Add a step")}
                onClick={(event) => show.ask(way.key, event.currentTarget)}
              >
                <Icon name="add" />
              </button>
            )}
          </div>
        );
      })}
    </fieldset>
  );
}
