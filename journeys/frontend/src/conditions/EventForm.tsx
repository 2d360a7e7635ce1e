// What a customer did: how often, or what it adds up to, in which time, and of which kind.
import { isMapping, text } from "../model/steps";
import type { Mapping, Plain } from "../model/tree";
import { t } from "../words";
import { Icon } from "../parts";
import { useBuilding } from "./asker";
import { Combo } from "../choices/Combo";
import { useOffer } from "../choices/choices";
import { Checks, suited } from "./checks";
import { put, renamed } from "./mappings";
import { measureOf, MEASURES, OF_PROPERTY, withMeasure } from "./measures";
import type { Measure, MeasureKind } from "./measures";
import { RemoveButton } from "./RemoveButton";
import { Within, type FormProps } from "./spans";
import { NOWHERE, NUMBERS } from "./values";
import { MEASURE_WORDS } from "./words";

const NEVER = JSON.stringify({ eq: 0 });

export function EventForm({ rule, onChange }: FormProps) {
  const measure = measureOf(rule)!;
  const event = text(rule.event);
  return (
    <>
      <Combo
        label={t("Event")}
        value={event}
        offer={useOffer("events")}
        onChange={(name) => onChange(put(rule, "event", name))}
      />
      <How measure={measure} event={event} onChange={(next) => onChange(withMeasure(rule, next))} />
      <Within rule={rule} onChange={onChange} />
      <Where rule={rule} onChange={onChange} />
    </>
  );
}

/** Whether it happened at all, or what is counted or added up, and how that compares. */
function How({
  measure,
  event,
  onChange,
}: {
  measure: Measure;
  event: string;
  onChange(measure: Measure): void;
}) {
  const { language, locked } = useBuilding();
  const offer = useOffer(event ? "properties" : "", event);
  const never = measure.kind === "count" && JSON.stringify(measure.checks) === NEVER;
  const now = never ? "never" : (measure.kind ?? "did");
  const ofProperty = !!measure.kind && OF_PROPERTY.includes(measure.kind);
  return (
    <>
      <select
        className="sj-input"
        aria-label={t("What counts")}
        value={now}
        disabled={locked}
        onChange={(event) => onChange(other(event.target.value, measure))}
      >
        {["did", "never", ...MEASURES].map((code) => (
          <option key={code} value={code}>
            {MEASURE_WORDS[code]!()}
          </option>
        ))}
      </select>
      {ofProperty && (
        <Combo
          label={t("Property")}
          value={measure.path}
          offer={offer}
          onChange={(name) => onChange({ ...measure, path: name })}
        />
      )}
      {measure.kind && !never && (
        <Checks
          checks={measure.checks}
          allowed={language.measures[measure.kind] ?? []}
          origin={measure.kind.endsWith("_at") ? NOWHERE : NUMBERS}
          onChange={(checks) => onChange({ ...measure, checks })}
        />
      )}
    </>
  );
}

function other(code: string, before: Measure): Measure {
  if (code === "did") return { kind: null, path: "", checks: {}, beside: false };
  if (code === "never") return { kind: "count", path: "", checks: { eq: 0 }, beside: false };
  const kind = code as MeasureKind;
  const beside = OF_PROPERTY.includes(kind);
  if (kind.endsWith("_at")) return { kind, path: "", checks: { within_last: "30d" }, beside };
  const kept = before.kind && !before.kind.endsWith("_at") ? before.checks : {};
  const usable = Object.values(kept).some((each) => each !== 0) ? kept : { gte: 2 };
  return { kind, path: before.path, checks: usable, beside };
}

/** Only events of which all this holds. */
export function Where({ rule, onChange }: FormProps) {
  const { locked } = useBuilding();
  const where = isMapping(rule.where) ? rule.where : {};
  const change = (next: Mapping) =>
    onChange(put(rule, "where", Object.keys(next).length > 0 ? next : undefined));
  const clauses = Object.entries(where);
  return (
    <span className="sjc-where">
      {clauses.map(([name, checks], index) => (
        <Clause
          key={index}
          event={text(rule.event)}
          name={name}
          checks={checks}
          onName={(next) => change(renamed(where, name, next, checks))}
          onChecks={(next) => change(put(where, name, next))}
          onRemove={() => change(put(where, name, undefined))}
        />
      ))}
      {!locked && (
        <button
          type="button"
          className="sjc-link"
          disabled={"" in where}
          onClick={() => change({ ...where, "": { eq: "" } })}
        >
          <Icon name="add" />
          {t("only if a property…")}
        </button>
      )}
    </span>
  );
}

function Clause({
  event,
  name,
  checks,
  onName,
  onChecks,
  onRemove,
}: {
  event: string;
  name: string;
  checks: Plain;
  onName(name: string): void;
  onChecks(checks: Mapping): void;
  onRemove(): void;
}) {
  const { language, place } = useBuilding();
  const offer = useOffer(event ? "properties" : "", event);
  const type = offer.items?.find((each) => each.name === name)?.type ?? "";
  const allowed = suited(Object.keys(language.operators), type);
  return (
    <span className="sjc-clause">
      <span className="sjc-word">{t("only if")}</span>
      <Combo label={t("Property")} value={name} offer={offer} onChange={onName} />
      <RemoveButton
        label={t("Remove {what}", { what: name || t("the property") })}
        onClick={onRemove}
      />
      <Checks
        checks={isMapping(checks) ? checks : {}}
        allowed={place === "journey" ? [...allowed, "is"] : allowed}
        origin={{ kind: "property_values", of: event, at: name, type }}
        onChange={onChecks}
      />
    </span>
  );
}
