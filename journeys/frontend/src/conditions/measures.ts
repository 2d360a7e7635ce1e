// What is computed over the events of a rule, and how that compares.
import { isMapping } from "../model/steps";
import type { Mapping, Plain } from "../model/tree";

export const MEASURES = [
  "count",
  "sum",
  "avg",
  "min",
  "max",
  "distinct",
  "first_at",
  "last_at",
] as const;
export type MeasureKind = (typeof MEASURES)[number];
export const OF_PROPERTY: readonly string[] = ["sum", "avg", "min", "max", "distinct"];
export const OPERATORS = [
  "eq",
  "ne",
  "gt",
  "gte",
  "lt",
  "lte",
  "in",
  "not_in",
  "contains",
  "not_contains",
  "starts_with",
  "ends_with",
  "exists",
  "before",
  "after",
  "within_last",
  "within_next",
  "ieq",
  "icontains",
  "is",
];

export interface Measure {
  /** Null: at least once, as nothing else is said. */
  kind: MeasureKind | null;
  path: string;
  checks: Mapping;
  /** The comparisons stand beside the measure, not inside it. */
  beside: boolean;
}

/** What is computed over the events, null where no form draws it. */
export function measureOf(rule: Mapping): Measure | null {
  const kinds = MEASURES.filter((kind) => kind in rule);
  const beside = Object.fromEntries(
    Object.entries(rule).filter(([key]) => OPERATORS.includes(key)),
  );
  const kind = kinds[0];
  if (kinds.length > 1) return null;
  if (!kind)
    return Object.keys(beside).length > 0
      ? null
      : { kind: null, path: "", checks: {}, beside: false };
  const value = rule[kind];
  if (OF_PROPERTY.includes(kind))
    return typeof value === "string" ? { kind, path: value, checks: beside, beside: true } : null;
  if (value === true) return { kind, path: "", checks: beside, beside: true };
  return isMapping(value) && Object.keys(beside).length === 0
    ? { kind, path: "", checks: value, beside: false }
    : null;
}

/** The rule with another measure; what else it says stays. */
export function withMeasure(rule: Mapping, measure: Measure): Mapping {
  const kept = Object.entries(rule).filter(
    ([key]) => !MEASURES.includes(key as MeasureKind) && !OPERATORS.includes(key),
  );
  const { kind, path, checks, beside } = measure;
  if (!kind) return Object.fromEntries(kept);
  const said: [string, Plain][] = OF_PROPERTY.includes(kind)
    ? [[kind, path], ...Object.entries(checks)]
    : beside
      ? [[kind, true], ...Object.entries(checks)]
      : [[kind, checks]];
  const rest = kept.filter(([key]) => key !== "event");
  return Object.fromEntries([["event", rule.event ?? ""], ...said, ...rest]);
}
