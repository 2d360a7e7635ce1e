// Events in order: what came first, what came then, and how soon.
import { text } from "../model/steps";
import type { Mapping } from "../model/tree";
import { t } from "../words";
import { Icon } from "../parts";
import { useBuilding } from "./asker";
import { Combo } from "../choices/Combo";
import { useOffer } from "../choices/choices";
import { Where } from "./EventForm";
import { put } from "./mappings";
import { LONGEST_SEQUENCE } from "./kinds";
import { RemoveButton } from "./RemoveButton";
import { Bound, Within, type FormProps } from "./spans";

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
      {index > 0 && (
        <Bound
          rule={step}
          onChange={onChange}
          label={t("How soon")}
          none={t("at any time later")}
          some={t("at most so long after")}
          first="1d"
        />
      )}
      {onRemove && (
        <RemoveButton
          label={t("Remove {what}", { what: event || t("the event") })}
          onClick={onRemove}
        />
      )}
      <Where rule={step} onChange={onChange} />
    </li>
  );
}
