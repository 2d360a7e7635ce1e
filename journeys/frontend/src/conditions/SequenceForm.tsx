// Events in order: what came first, what came then, and how soon.
import { isMapping, text } from "../model/steps";
import type { Mapping } from "../model/tree";
import { t } from "../words";
import { Icon } from "../parts";
import { useBuilding } from "./asker";
import { Combo } from "../choices/Combo";
import { useOffer } from "../choices/choices";
import { Where } from "./EventForm";
import { put } from "./mappings";
import { LONGEST_SEQUENCE } from "./kinds";
import { Span, Within, type FormProps } from "./spans";

export function SequenceForm({ rule, onChange }: FormProps) {
  const { locked } = useBuilding();
  const steps = rule.sequence as Mapping[];
  const change = (next: Mapping[]) => onChange(put(rule, "sequence", next));
  return (
    <>
      <ol className="sjc-steps">
        {steps.map((step, index) => (
          <Step
            key={index}
            step={step}
            index={index}
            onChange={(next) => change(steps.map((each, at) => (at === index ? next : each)))}
            onRemove={
              steps.length > 2
                ? () => change(opened(steps.filter((_each, at) => at !== index)))
                : undefined
            }
          />
        ))}
      </ol>
      {!locked && steps.length < LONGEST_SEQUENCE && (
        <button
          type="button"
          className="sjc-link"
          onClick={() => change([...steps, { event: "" }])}
        >
          <Icon name="add" />
          {t("and then…")}
        </button>
      )}
      <span className="sjc-whole">
        <span className="sjc-word">{t("all of it")}</span>
        <Within rule={rule} onChange={onChange} />
      </span>
    </>
  );
}

/** Nothing comes before the first event. */
function opened(steps: Mapping[]): Mapping[] {
  return steps.map((step, index) => (index === 0 ? put(step, "within", undefined) : step));
}

function Step({
  step,
  index,
  onChange,
  onRemove,
}: {
  step: Mapping;
  index: number;
  onChange(step: Mapping): void;
  onRemove: (() => void) | undefined;
}) {
  const { locked } = useBuilding();
  const event = text(step.event);
  return (
    <li className="sjc-clause" aria-label={t("Event {n}", { n: index + 1 })}>
      <span className="sjc-word">{index === 0 ? t("first") : t("then")}</span>
      <Combo
        label={t("Event")}
        value={event}
        offer={useOffer("events")}
        onChange={(name) => onChange(put(step, "event", name))}
      />
      {index > 0 && <Soon step={step} onChange={onChange} />}
      {onRemove && !locked && (
        <button
          type="button"
          className="sjc-tool"
          aria-label={t("Remove {what}", { what: event || t("the event") })}
          title={t("Remove")}
          onClick={onRemove}
        >
          <Icon name="close" />
        </button>
      )}
      <Where
        event={event}
        where={isMapping(step.where) ? step.where : {}}
        onChange={(next) =>
          onChange(put(step, "where", Object.keys(next).length > 0 ? next : undefined))
        }
      />
    </li>
  );
}

/** How soon after the event before. */
function Soon({ step, onChange }: { step: Mapping; onChange(step: Mapping): void }) {
  const { locked } = useBuilding();
  return (
    <span className="sjc-within">
      <select
        className="sj-input"
        aria-label={t("How soon")}
        value={step.within === undefined ? "later" : "within"}
        disabled={locked}
        onChange={(event) =>
          onChange(put(step, "within", event.target.value === "later" ? undefined : "1d"))
        }
      >
        <option value="later">{t("at any time later")}</option>
        <option value="within">{t("at most so long after")}</option>
      </select>
      {step.within !== undefined && (
        <Span value={text(step.within)} onChange={(next) => onChange(put(step, "within", next))} />
      )}
    </span>
  );
}
