// The journey as an ordered list: the same steps and the same panel, for whoever reads by ear or
// on a phone.
import { useEditor } from "./editor";
import { END, ENTER, reached, type Step } from "./model/steps";
import { useShow } from "./show";
import { iconOf, ICONS, labelOf, titleOf } from "./summary";
import { Icon, useFocus } from "./parts";
import { Figures } from "./canvas/Figures";
import { t, tn } from "./words";

export function Outline() {
  const editor = useEditor();
  const inside = reached(editor.ways, ENTER);
  const left = editor.steps.filter((step) => !inside.has(step.key));
  return (
    <div className="sje-outline">
      <ol aria-label={t("Steps in order")}>
        <li className="sje-kind-enter">
          <Line
            place={ENTER}
            icon={ICONS.enter}
            title={t("Who enters, who leaves, the goal")}
            id={t("The journey")}
            step={null}
          />
        </li>
        {editor.steps
          .filter((step) => inside.has(step.key))
          .map((step) => (
            <Item key={step.key} step={step} />
          ))}
      </ol>
      {left.length > 0 && (
        <>
          <h3>{t("Nobody gets here")}</h3>
          <ol>
            {left.map((step) => (
              <Item key={step.key} step={step} />
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

function Item({ step }: { step: Step }) {
  const editor = useEditor();
  return (
    <li className={`sje-kind-${step.kind}`}>
      <Line
        place={step.key}
        icon={iconOf(step)}
        title={titleOf(step, editor.boot)}
        id={step.id || t("no id")}
        step={step}
      />
    </li>
  );
}

function Line({
  place,
  icon,
  title,
  id,
  step,
}: {
  place: string;
  icon: string;
  title: string;
  id: string;
  step: Step | null;
}) {
  const editor = useEditor();
  const show = useShow();
  const problems = show.places.get(place) ?? [];
  const face = useFocus(editor.selected === place);
  const ways = editor.ways.filter((way) => way.from === place && !way.exit?.fixed);
  const following = editor.steps[(step?.index ?? -1) + 1]?.key ?? END;
  return (
    <>
      <div
        className={`sje-item${editor.chosen.includes(place) ? " is-chosen" : ""}${show.found.has(place) ? " is-found" : ""}`}
      >
        <button
          type="button"
          className="sje-face"
          data-key={place}
          ref={face}
          aria-pressed={editor.chosen.includes(place)}
          onClick={() => editor.select(place)}
        >
          <span className="sje-icon">
            <Icon name={icon} />
          </span>
          <span className="sje-said">
            <span className="sje-name">{title}</span>
            <span className="sje-id">{id}</span>
          </span>
          {problems.length > 0 && (
            <span
              className={`sje-badge ${problems.some((each) => each.severity === "error") ? "is-error" : "is-warning"}`}
            >
              <Icon name="error" />
              {tn("{n} problem", problems.length)}
            </span>
          )}
        </button>
        {!editor.locked && ways.length > 0 && (
          <button
            type="button"
            className="sje-tool"
            aria-label={t("Add a step after {step}", { step: id })}
            title={t("Add a step")}
            onClick={(event) => show.ask(ways[0]!.key, event.currentTarget)}
          >
            <Icon name="add" />
          </button>
        )}
      </div>
      {show.numbers && step && <Figures id={step.id} />}
      {ways.some((way) => way.to !== following || ways.length > 1) && (
        <ul className="sje-leads">
          {ways.map((way) => (
            <li key={way.key}>
              {labelOf(way.exit, editor.sentences)} <Icon name="arrow_forward" />{" "}
              {leads(way.to, editor.steps)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function leads(to: string | null, steps: Step[]): string {
  if (to === null) return t("Nowhere");
  return to === END ? t("End") : (steps.find((step) => step.key === to)?.id ?? to);
}
