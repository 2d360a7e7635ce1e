// Comparisons: rows of an operator and a value, each operator once.
import type { Mapping, Plain } from "../model/tree";
import { operatorWords } from "../operators";
import { t } from "../words";
import { useBuilding } from "./asker";
import { put, renamed } from "./mappings";
import { RemoveButton } from "./RemoveButton";
import { Value, type Origin } from "./values";

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
      {rows.map(([operator, value], index) => (
        <span key={index} className="sjc-check">
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
          {given.length > 1 && (
            <RemoveButton
              label={t("Remove the comparison")}
              onClick={() => onChange(put(checks, operator, undefined))}
            />
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
