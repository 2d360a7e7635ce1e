// What a comparison compares with: a text, a number, yes or no, a list, a date, a stretch of time.
import { Combo } from "../choices/Combo";
import { NOTHING, useOffer, type Item, type Offer } from "../choices/choices";
import { list, text } from "../model/steps";
import type { Plain } from "../model/tree";
import { Icon } from "../parts";
import { t } from "../words";
import { useBuilding } from "./asker";
import { Span, stay } from "./spans";

/** Where values come from: of which attribute, or of which event and property; and their type. */
export interface Origin {
  kind: "values" | "property_values" | "";
  of: string;
  at: string;
  type: string;
}

export const NOWHERE: Origin = { kind: "", of: "", at: "", type: "" };
export const NUMBERS: Origin = { ...NOWHERE, type: "number" };

export function Value({
  operator,
  value,
  origin,
  onChange,
}: {
  operator: string;
  value: Plain;
  origin: Origin;
  onChange(value: Plain): void;
}) {
  const { language, locked } = useBuilding();
  const wants = language.operators[operator];
  const typed = { value, onChange, origin };
  if (wants === "flag")
    return (
      <select
        className="sj-input"
        aria-label={t("Value")}
        value={String(value)}
        disabled={locked}
        onChange={(event) => onChange(event.target.value === "true")}
      >
        <option value="true">{t("yes")}</option>
        <option value="false">{t("no")}</option>
      </select>
    );
  if (wants === "duration") return <Span value={text(value)} onChange={onChange} />;
  if (wants === "values" || Array.isArray(value)) return <Tokens {...typed} />;
  if (wants === "instant") return <Instant value={text(value)} onChange={onChange} />;
  if (wants === "entry")
    return (
      <input
        className="sj-input sje-mono"
        aria-label={t("Value")}
        placeholder="entry.cart_id"
        value={text(value)}
        readOnly={locked}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  if (wants === "text") return <Text {...typed} />;
  return <Scalar {...typed} />;
}

interface ValueProps {
  value: Plain;
  origin: Origin;
  onChange(value: Plain): void;
}

const TYPES: Record<string, () => string> = {
  string: () => t("a text"),
  number: () => t("a number"),
  boolean: () => t("yes or no"),
};

/** A text, a number, or yes or no: types are not coerced, so where they may differ one is chosen. */
function Scalar({ value, origin, onChange }: ValueProps) {
  const { locked } = useBuilding();
  const expected = origin.type === "date" ? "string" : origin.type in TYPES ? origin.type : "";
  const type = value === "" && expected ? expected : typeof value;
  const asked = expected !== type && origin.type !== "";
  return (
    <>
      {asked && (
        <select
          className="sj-input sjc-type"
          aria-label={t("Type")}
          value={type}
          disabled={locked}
          onChange={(event) => onChange(cast(value, event.target.value))}
        >
          {Object.entries(TYPES).map(([code, word]) => (
            <option key={code} value={code}>
              {word()}
            </option>
          ))}
        </select>
      )}
      {type === "number" ? (
        <NumberField value={value} onChange={onChange} />
      ) : type === "boolean" ? (
        <select
          className="sj-input"
          aria-label={t("Value")}
          value={value === "" ? "" : String(value)}
          disabled={locked}
          onChange={(event) => onChange(event.target.value === "true")}
        >
          {value === "" && <option value="" />}
          <option value="true">{t("yes")}</option>
          <option value="false">{t("no")}</option>
        </select>
      ) : (
        <Text value={value} origin={origin} onChange={onChange} />
      )}
    </>
  );
}

function cast(value: Plain, type: string): Plain {
  if (type === "boolean") return value === true || value === "true" || value === "yes";
  if (type === "number") return Number.isFinite(Number(value)) ? Number(value) : 0;
  return String(value);
}

export function NumberField({
  value,
  onChange,
  label,
}: {
  value: Plain;
  onChange(value: Plain): void;
  label?: string;
}) {
  const { locked } = useBuilding();
  return (
    <input
      className="sj-input sjc-number"
      type="number"
      step="any"
      aria-label={label ?? t("Value")}
      readOnly={locked}
      value={typeof value === "number" ? value : ""}
      onKeyDown={stay}
      onChange={(event) => onChange(event.target.value === "" ? "" : Number(event.target.value))}
    />
  );
}

/** The values that are seen there and suit. */
function useValues(origin: Origin, suits: (each: Item) => boolean): Offer {
  const known = !!origin.kind && !!origin.of && (origin.kind === "values" || !!origin.at);
  const found = useOffer(known ? origin.kind : "", origin.of, origin.at);
  return known ? { ...found, items: found.items?.filter(suits) ?? null } : NOTHING;
}

function Text({ value, origin, onChange }: ValueProps) {
  const offer = useValues(origin, (each) => typeof each.value === "string");
  return (
    <Combo
      label={t("Value")}
      value={typeof value === "string" ? value : String(value ?? "")}
      offer={offer}
      onChange={(name) => onChange(name)}
    />
  );
}

/** Several values, each with its own ×. */
function Tokens({ value, origin, onChange }: ValueProps) {
  const { locked } = useBuilding();
  const held = list(value);
  const offer = useValues(origin, (each) => !held.includes(each.value ?? each.name));
  const add = (name: string, item: Item | null) => {
    if (!name) return;
    const next = item?.value ?? read(name, origin.type);
    if (!held.includes(next)) onChange([...held, next]);
  };
  return (
    <span className="sjc-tokens">
      {held.map((each, index) => (
        <span key={index} className="sjc-token">
          {typeof each === "string" ? each || "“”" : String(each)}
          {!locked && (
            <button
              type="button"
              aria-label={t("Remove {what}", { what: String(each) })}
              onClick={() => onChange(held.filter((_e, at) => at !== index))}
            >
              <Icon name="close" />
            </button>
          )}
        </span>
      ))}
      {!locked && <Combo label={t("Add a value")} value="" offer={offer} onChange={add} />}
    </span>
  );
}

function read(typed: string, type: string): Plain {
  if (type === "number" && typed.trim() !== "" && Number.isFinite(Number(typed)))
    return Number(typed);
  return type === "boolean" && /^(true|false)$/.test(typed) ? typed === "true" : typed;
}

function Instant({ value, onChange }: { value: string; onChange(value: Plain): void }) {
  const { locked } = useBuilding();
  const plain = value === "" || /^\d{4}-\d\d-\d\d$/.test(value);
  return (
    <input
      className="sj-input"
      type={plain ? "date" : "text"}
      aria-label={t("Date")}
      value={value}
      readOnly={locked}
      onKeyDown={stay}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
