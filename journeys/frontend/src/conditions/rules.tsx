// One form for each kind of rule. Each changes only what it draws; the rest of the rule stays.
import type { ComponentType } from "react";
import { isMapping, list, text } from "../model/steps";
import type { Plain } from "../model/tree";
import { t } from "../words";
import { Icon } from "../parts";
import { useBuilding } from "./asker";
import { Combo } from "../choices/Combo";
import { useOffer } from "../choices/choices";
import { EventForm } from "./EventForm";
import { Checks, suited } from "./checks";
import { positive, signed, type Drawn, type Kind } from "./kinds";
import { put } from "./mappings";
import { RawForm } from "./RawForm";
import { SequenceForm } from "./SequenceForm";
import { stay, Within, type FormProps } from "./spans";
import { NOWHERE, NumberField, type Origin } from "./values";
import { outcomeWords } from "./words";

function AttributeForm({ rule, onChange }: FormProps) {
  const offer = useOffer("attributes");
  const { language } = useBuilding();
  const { attribute, ...checks } = rule;
  const name = text(attribute);
  const type = offer.items?.find((each) => each.name === name)?.type ?? "";
  const origin: Origin = { kind: "values", of: name, at: "", type };
  const allowed = suited(Object.keys(language.operators), type);
  return (
    <>
      <Combo
        label={t("Attribute")}
        value={name}
        offer={offer}
        onChange={(next) => onChange(put(rule, "attribute", next))}
      />
      <Checks
        checks={checks}
        allowed={allowed}
        origin={origin}
        onChange={(next) => onChange({ attribute: name, ...next })}
      />
    </>
  );
}

function ContextForm({ rule, onChange }: FormProps) {
  const { language, locked } = useBuilding();
  const { context, ...checks } = rule;
  return (
    <>
      <input
        className="sj-input"
        aria-label={t("What was saved")}
        placeholder="score.value"
        value={text(context)}
        readOnly={locked}
        onKeyDown={stay}
        onChange={(event) => onChange(put(rule, "context", event.target.value))}
      />
      <Checks
        checks={checks}
        allowed={Object.keys(language.operators)}
        origin={NOWHERE}
        onChange={(next) => onChange({ context: text(context), ...next })}
      />
    </>
  );
}

function SegmentForm({ rule, onChange }: FormProps) {
  return (
    <Combo
      label={t("Segment")}
      wide
      value={text(rule.segment)}
      offer={useOffer("segments")}
      onChange={(name) => onChange(put(rule, "segment", name))}
    />
  );
}

/** One place in the lifecycle, or several. */
function places(key: "stage" | "lifecycle") {
  return function Places({ rule, onChange }: FormProps) {
    const { language, locked } = useBuilding();
    const known = key === "stage" ? language.stages : language.lifecycles;
    const chosen = list(rule[key]).map(text);
    const toggle = (code: string) => {
      const next = chosen.includes(code) ? chosen.filter((e) => e !== code) : [...chosen, code];
      onChange(put(rule, key, next.length === 1 ? next[0]! : next));
    };
    const unknown = chosen.filter((code) => !(code in known));
    return (
      <span className="sjc-pills" role="group" aria-label={t("One of")}>
        {[...Object.entries(known), ...unknown.map((code) => [code, code] as const)].map(
          ([code, word]) => (
            <button
              key={code}
              type="button"
              aria-pressed={chosen.includes(code)}
              disabled={locked}
              onClick={() => toggle(code)}
            >
              {word}
            </button>
          ),
        )}
      </span>
    );
  };
}

function Channel({ value, onChange }: { value: string; onChange(name: string): void }) {
  return (
    <Combo label={t("Channel")} value={value} offer={useOffer("channels")} onChange={onChange} />
  );
}

function ReachableForm({ rule, onChange }: FormProps) {
  return (
    <>
      <span className="sjc-word">{t("by the channel")}</span>
      <Channel
        value={text(rule.reachable)}
        onChange={(name) => onChange(put(rule, "reachable", name))}
      />
    </>
  );
}

function ConsentForm({ rule, onChange }: FormProps) {
  return (
    <>
      <span className="sjc-word">{t("subscribed to")}</span>
      <Channel
        value={text(rule.consent)}
        onChange={(name) => onChange(put(rule, "consent", name))}
      />
      <Combo
        label={t("Topic")}
        placeholder={t("no topic")}
        value={text(rule.topic)}
        offer={useOffer("topics")}
        onChange={(name) => onChange(put(rule, "topic", name || undefined))}
      />
    </>
  );
}

function MessageForm({ rule, onChange }: FormProps) {
  const { language, locked } = useBuilding();
  const journey = text(rule.journey);
  const word = text(rule.message);
  const known = language.outcomes.includes(word) ? language.outcomes : [word, ...language.outcomes];
  return (
    <>
      <select
        className="sj-input"
        aria-label={t("What became of it")}
        value={word}
        disabled={locked}
        onChange={(event) => onChange(put(rule, "message", event.target.value))}
      >
        {known.map((code) => (
          <option key={code} value={code}>
            {outcomeWords(code)}
          </option>
        ))}
      </select>
      <Combo
        label={t("Journey")}
        placeholder={t("any journey")}
        value={journey}
        offer={useOffer("journeys")}
        onChange={(name) => {
          const next = put(rule, "journey", name || undefined);
          onChange(name === journey ? next : put(next, "step", undefined));
        }}
      />
      {(journey || rule.step !== undefined) && (
        <Combo
          label={t("Step")}
          placeholder={t("any step")}
          value={text(rule.step)}
          offer={useOffer("steps", journey)}
          onChange={(name) => onChange(put(rule, "step", name || undefined))}
        />
      )}
      <Within rule={rule} onChange={onChange} />
    </>
  );
}

function InJourneyForm({ rule, onChange }: FormProps) {
  return (
    <Combo
      label={t("Journey")}
      wide
      value={text(rule.in_journey)}
      offer={useOffer("journeys")}
      onChange={(name) => onChange(put(rule, "in_journey", name))}
    />
  );
}

function RandomForm({ rule, onChange }: FormProps) {
  const { locked } = useBuilding();
  return (
    <>
      <NumberField
        label={t("Share, %")}
        value={rule.random ?? 0}
        onChange={(next) => onChange(put(rule, "random", typeof next === "number" ? next : 0))}
      />
      <span className="sjc-word">{t("% of customers, always the same, by the draw")}</span>
      <input
        className="sj-input"
        aria-label={t("Name of the draw")}
        placeholder="autumn"
        value={text(rule.salt)}
        readOnly={locked}
        onKeyDown={stay}
        onChange={(event) => onChange(put(rule, "salt", event.target.value))}
      />
    </>
  );
}

const FORMS: Record<Drawn, ComponentType<FormProps>> = {
  attribute: AttributeForm,
  event: EventForm,
  message: MessageForm,
  segment: SegmentForm,
  stage: places("stage"),
  lifecycle: places("lifecycle"),
  consent: ConsentForm,
  reachable: ReachableForm,
  in_journey: InJourneyForm,
  sequence: SequenceForm,
  context: ContextForm,
  random: RandomForm,
};

/** The rule in its form, or as text where no form draws it. */
export function RuleForm({
  kind,
  value,
  onChange,
}: {
  kind: Kind;
  value: Plain;
  onChange(value: Plain): void;
}) {
  const { locked } = useBuilding();
  const { negated, inner } = positive(value);
  if (kind === "text" || !isMapping(inner)) return <RawForm value={value} onChange={onChange} />;
  const Form = FORMS[kind];
  return (
    <>
      <button
        type="button"
        className="sjc-not"
        aria-pressed={negated}
        disabled={locked}
        title={t("Turn round: those for whom it does not hold")}
        onClick={() => onChange(signed(inner, !negated))}
      >
        <Icon name="block" />
        <span>{t("not")}</span>
      </button>
      <Form rule={inner} onChange={(next) => onChange(signed(next, negated))} />
    </>
  );
}
