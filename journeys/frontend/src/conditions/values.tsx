// What a comparison compares with: a text, a number, yes or no, a list, a date, a stretch of time.
import { list, text } from "../model/steps";
import type { Mapping, Plain } from "../model/tree";
import { operatorWords } from "../operators";
import { t } from "../words";
import { Icon } from "../parts";
import { useBuilding, useItems, type Item } from "./asker";
import { Combo } from "./Combo";
import { put, renamed } from "./model";
import { UNIT_WORDS } from "./words";

/** Where values come from: of which attribute, or of which event and property; and their type. */
export interface Origin {
  kind: "values" | "property_values" | "";
  of: string;
  at: string;
  type: string;
}

export const NOWHERE: Origin = { kind: "", of: "", at: "", type: "" };
export const NUMBERS: Origin = { ...NOWHERE, type: "number" };

export interface FormProps {
  rule: Mapping;
  onChange(rule: Mapping): void;
}

/** The operators that can hold for a type, most wanted first. */
export function suited(operators: string[], type: string): string[] {
  const dates = ["before", "after", "within_last", "within_next"];
  const texts = ["contains", "not_contains", "starts_with", "ends_with", "ieq", "icontains"];
  const orders = ["gt", "gte", "lt", "lte"];
  const out: Record<string, string[]> = {
    number: [...dates, ...texts],
    boolean: [...dates, ...texts, ...orders, "in", "not_in"],
    date: [...texts, "gt", "gte", "lt", "lte"],
    string: dates,
    array: [...dates, ...orders, "starts_with", "ends_with"],
  };
  const found = operators.filter((each) => !(out[type] ?? []).includes(each) && each !== "is");
  return type === "date" ? [...dates, ...found.filter((each) => !dates.includes(each))] : found;
}

/** Rows of operator and value; each operator stands once. */
export function Checks({
  checks,
  allowed,
  origin,
  onChange,
}: {
  checks: Mapping;
  allowed: string[];
  origin: Origin;
  onChange(checks: Mapping): void;
}) {
  const { locked } = useBuilding();
  const given = Object.entries(checks);
  const rows: [string, Plain][] = given.length > 0 ? given : [["eq", ""]];
  const free = allowed.find((each) => !(each in checks) && PAIRS[rows[0]![0]] === each);
  return (
    <span className="sjc-checks">
      {rows.map(([operator, value]) => (
        <span key={operator} className="sjc-check">
          <select
            className="sj-input sjc-operator"
            aria-label={t("Comparison")}
            value={operator}
            disabled={locked}
            onChange={(event) => {
              const next = event.target.value;
              onChange(
                renamed({ ...checks, [operator]: value }, operator, next, turned(value, next)),
              );
            }}
          >
            {(allowed.includes(operator) ? allowed : [operator, ...allowed])
              .filter((each) => each === operator || !(each in checks))
              .map((each) => (
                <option key={each} value={each}>
                  {operatorWords(each)}
                </option>
              ))}
          </select>
          <Value
            operator={operator}
            value={value}
            origin={origin}
            onChange={(next) => onChange(put({ ...checks, [operator]: value }, operator, next))}
          />
          {given.length > 1 && !locked && (
            <button
              type="button"
              className="sjc-tool"
              aria-label={t("Remove the comparison")}
              title={t("Remove the comparison")}
              onClick={() => onChange(put(checks, operator, undefined))}
            >
              <Icon name="close" />
            </button>
          )}
        </span>
      ))}
      {free && !locked && given.length === 1 && (
        <button
          type="button"
          className="sjc-link"
          onClick={() => onChange({ ...checks, [free]: turned("", free) })}
        >
          {t("and {comparison}…", { comparison: operatorWords(free) })}
        </button>
      )}
    </span>
  );
}

/** Where there is a lower end there may be an upper one. */
const PAIRS: Record<string, string> = {
  gte: "lt",
  gt: "lte",
  lt: "gte",
  lte: "gte",
  after: "before",
  before: "after",
};

/** A value for another operator: kept where that can compare with it. */
function turned(value: Plain, operator: string): Plain {
  const lists = operator === "in" || operator === "not_in";
  if (operator === "exists") return true;
  if (operator.startsWith("within_")) return "30d";
  if (lists) return Array.isArray(value) ? value : value === "" ? [] : [value];
  if (operator === "is") return "entry.";
  const one = Array.isArray(value) ? (value[0] ?? "") : value;
  return typeof one === "boolean" && operator !== "eq" && operator !== "ne" ? "" : one;
}

function Value({
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

/** Enter does not send the form around the builder. */
export function stay(event: { key: string; preventDefault(): void }): void {
  if (event.key === "Enter") event.preventDefault();
}

function useValues(origin: Origin): Item[] | null {
  const known = !!origin.kind && !!origin.of && (origin.kind === "values" || !!origin.at);
  const found = useItems(known ? origin.kind : "", origin.of, origin.at);
  return known ? found : [];
}

function valueNote(origin: Origin): string | undefined {
  if (!origin.kind) return undefined;
  return origin.kind === "values"
    ? t("customers with this value, of the newest 10,000")
    : t("events with this value, of the newest 1,000");
}

function Text({ value, origin, onChange }: ValueProps) {
  const items = useValues(origin)?.filter((each) => typeof each.value === "string") ?? null;
  return (
    <Combo
      label={t("Value")}
      value={typeof value === "string" ? value : String(value ?? "")}
      items={items}
      note={valueNote(origin)}
      onChange={(name) => onChange(name)}
    />
  );
}

/** Several values, each with its own ×. */
function Tokens({ value, origin, onChange }: ValueProps) {
  const { locked } = useBuilding();
  const items = useValues(origin);
  const held = list(value);
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
      {!locked && (
        <Combo
          label={t("Add a value")}
          value=""
          items={items?.filter((each) => !held.includes(each.value ?? each.name)) ?? null}
          note={valueNote(origin)}
          onChange={add}
        />
      )}
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

/** A number and its unit: `30d` in the condition. */
export function Span({ value, onChange }: { value: string; onChange(value: Plain): void }) {
  const { locked } = useBuilding();
  const found = /^(\d*)([smhdw])$/.exec(value.trim());
  const [number, unit] = [found?.[1] ?? value.replace(/\D/g, ""), found?.[2] ?? "d"];
  return (
    <span className="sjc-span">
      <input
        className="sj-input sjc-number"
        type="number"
        min={1}
        aria-label={t("How long")}
        readOnly={locked}
        value={number}
        onKeyDown={stay}
        onChange={(event) => onChange(`${event.target.value}${unit}`)}
      />
      <select
        className="sj-input"
        aria-label={t("Unit")}
        value={unit}
        disabled={locked}
        onChange={(event) => onChange(`${number}${event.target.value}`)}
      >
        {Object.entries(UNIT_WORDS).map(([code, word]) => (
          <option key={code} value={code}>
            {word()}
          </option>
        ))}
      </select>
    </span>
  );
}

/** The stretch of time that counts; without one, ever. */
export function Within({ rule, onChange }: FormProps) {
  const { locked } = useBuilding();
  const within = rule.within;
  return (
    <span className="sjc-within">
      <select
        className="sj-input"
        aria-label={t("When")}
        value={within === undefined ? "ever" : "last"}
        disabled={locked}
        onChange={(event) =>
          onChange(put(rule, "within", event.target.value === "ever" ? undefined : "30d"))
        }
      >
        <option value="ever">{t("ever")}</option>
        <option value="last">{t("within the last")}</option>
      </select>
      {within !== undefined && (
        <Span value={text(within)} onChange={(next) => onChange(put(rule, "within", next))} />
      )}
    </span>
  );
}
