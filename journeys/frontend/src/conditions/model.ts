// A condition as a tree of groups and rules, and back. A rule keeps its whole condition as data, so
// that what no form knows stays what it is; groups are `all`, `any` and `not` around them.
import { isMapping, text } from "../model/steps";
import type { Mapping, Path, Plain } from "../model/tree";

export type Kind =
  | "attribute"
  | "event"
  | "message"
  | "segment"
  | "stage"
  | "lifecycle"
  | "consent"
  | "reachable"
  | "in_journey"
  | "context"
  | "random"
  | "text";

export interface Rule {
  id?: string;
  field: Kind;
  operator: string;
  value: Plain;
}

export interface Group {
  id?: string;
  combinator: "all" | "any";
  not?: boolean;
  /** The rule alone is the condition, without a group around it. */
  bare?: boolean;
  rules: (Rule | Group)[];
}

export function isGroup(node: Rule | Group): node is Group {
  return "rules" in node;
}

/** The tree of a condition; nothing is an empty one. */
export function toTree(condition: Plain | undefined): Group {
  if (condition === undefined) return { combinator: "all", bare: true, rules: [] };
  const node = nodeOf(condition);
  return isGroup(node) ? node : { combinator: "all", bare: true, rules: [node] };
}

function nodeOf(condition: Plain): Rule | Group {
  const group = groupOf(condition);
  if (group) return group;
  const inner = sole(condition, "not");
  const negated = inner === undefined ? null : groupOf(inner);
  if (negated) return { ...negated, not: true };
  return { field: kindOf(condition), operator: "", value: condition };
}

function groupOf(condition: Plain): Group | null {
  for (const combinator of ["all", "any"] as const) {
    const rules = sole(condition, combinator);
    if (Array.isArray(rules)) return { combinator, rules: rules.map(nodeOf) };
  }
  return null;
}

/** The value of a mapping's only key. */
function sole(value: Plain, key: string): Plain | undefined {
  return isMapping(value) && key in value && Object.keys(value).length === 1
    ? value[key]
    : undefined;
}

/** The condition of a tree; undefined where nothing was asked for. */
export function toCondition(tree: Group): Plain | undefined {
  const only = tree.rules[0];
  if (tree.bare && !tree.not && tree.combinator === "all") {
    if (!only) return undefined;
    if (tree.rules.length === 1 && !isGroup(only)) return only.value;
  }
  return written(tree);
}

function written(node: Rule | Group): Plain {
  if (!isGroup(node)) return node.value;
  const body = { [node.combinator]: node.rules.map(written) };
  return node.not ? { not: body } : body;
}

/** A rule without its `not`. */
export function positive(value: Plain): { negated: boolean; inner: Plain } {
  const inner = sole(value, "not");
  return inner === undefined ? { negated: false, inner: value } : { negated: true, inner };
}

/** The same condition, said to hold or not to hold. */
export function signed(inner: Plain, negated: boolean): Plain {
  return negated ? { not: inner } : inner;
}

const KEYS: Record<Exclude<Kind, "text" | "attribute" | "context" | "event">, string[]> = {
  message: ["journey", "step", "within"],
  segment: [],
  stage: [],
  lifecycle: [],
  consent: ["topic"],
  reachable: [],
  in_journey: [],
  random: ["salt"],
};
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

/** The form that draws a rule, `text` where none does. */
export function kindOf(value: Plain): Kind {
  const { inner } = positive(value);
  if (!isMapping(inner)) return "text";
  const kinds = FORMS.filter((kind) => kind in inner);
  const kind = kinds[0];
  return kind && kinds.length === 1 && drawable(kind, inner) ? kind : "text";
}

const FORMS: Exclude<Kind, "text">[] = [
  "attribute",
  "event",
  "message",
  "segment",
  "stage",
  "lifecycle",
  "consent",
  "reachable",
  "in_journey",
  "context",
  "random",
];

function drawable(kind: Exclude<Kind, "text">, rule: Mapping): boolean {
  const { [kind]: subject, ...rest } = rule;
  switch (kind) {
    case "attribute":
    case "context":
      return typeof subject === "string" && areChecks(rest);
    case "event":
      return typeof subject === "string" && isEvent(rule, rest);
    case "stage":
    case "lifecycle":
      return (isText(subject) || isTexts(subject)) && keysWithin(rest, []);
    case "random":
      return typeof subject === "number" && keysWithin(rest, KEYS.random);
    default:
      return typeof subject === "string" && keysWithin(rest, KEYS[kind]);
  }
}

function keysWithin(rest: Mapping, known: string[]): boolean {
  return Object.entries(rest).every(([key, value]) => known.includes(key) && isText(value));
}

function isEvent(rule: Mapping, rest: Mapping): boolean {
  const { where = {}, within = "", ...others } = rest;
  const measure = measureOf(rule);
  if (!measure || !isMapping(where) || typeof within !== "string") return false;
  const clauses = Object.values(where).every((checks) => isMapping(checks) && areChecks(checks));
  const known = [measure.kind ?? "", ...(measure.beside ? Object.keys(measure.checks) : [])];
  return (
    clauses && areChecks(measure.checks) && Object.keys(others).every((k) => known.includes(k))
  );
}

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

function areChecks(checks: Mapping): boolean {
  return Object.entries(checks).every(
    ([operator, value]) => OPERATORS.includes(operator) && fits(operator, value),
  );
}

function fits(operator: string, value: Plain): boolean {
  if (operator === "exists") return typeof value === "boolean";
  if (["within_last", "within_next", "before", "after", "is"].includes(operator))
    return isText(value);
  if (operator === "in" || operator === "not_in") return isScalars(value);
  return isScalar(value) || isScalars(value);
}

function isText(value: Plain | undefined): boolean {
  return typeof value === "string";
}

function isTexts(value: Plain | undefined): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isScalar(value: Plain): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function isScalars(value: Plain): boolean {
  return Array.isArray(value) && value.every(isScalar);
}

/** A mapping with another value at a key; undefined takes the key away. The order stays. */
export function put(value: Mapping, key: string, next: Plain | undefined): Mapping {
  const { [key]: _old, ...rest } = value;
  if (next === undefined) return rest;
  return key in value
    ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === key ? next : v]))
    : { ...value, [key]: next };
}

/** A mapping whose key is called otherwise, in its place. */
export function renamed(value: Mapping, key: string, name: string, held: Plain): Mapping {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([k]) => k === key || k !== name)
      .map(([k, v]) => (k === key ? [name, held] : [k, v])),
  );
}

/** The smallest part in which two values differ, and what stands there in the second; undefined where
 * it is gone. */
export function difference(
  old: Plain | undefined,
  next: Plain | undefined,
): { path: Path; value: Plain | undefined } | null {
  if (same(old, next)) return null;
  const one = oneMore(old, next);
  if (one) return one;
  const keys = sharedKeys(old, next);
  const differing = keys.filter((key) => !same(at(old, key), at(next, key)));
  const key = differing[0];
  if (keys.length === 0 || differing.length !== 1 || key === undefined)
    return { path: [], value: next };
  const found = difference(at(old, key), at(next, key));
  return found && { path: [key, ...found.path], value: found.value };
}

/** An item that is gone from a list, or was put at its end. */
function oneMore(
  old: Plain | undefined,
  next: Plain | undefined,
): { path: Path; value: Plain | undefined } | null {
  if (!Array.isArray(old) || !Array.isArray(next)) return null;
  if (next.length === old.length + 1 && same(next.slice(0, -1), old))
    return { path: [old.length], value: next.at(-1)! };
  const gone = old.findIndex((each, index) => !same(each, next[index] ?? null));
  const rest = old.filter((_each, index) => index !== gone);
  return old.length === next.length + 1 && same(rest, next)
    ? { path: [gone], value: undefined }
    : null;
}

/** The keys of two collections that differ at most in what stands at these keys. */
function sharedKeys(old: Plain | undefined, next: Plain | undefined): (string | number)[] {
  if (Array.isArray(old) && Array.isArray(next))
    return old.length === next.length ? old.map((_each, index) => index) : [];
  if (!isMapping(old) || !isMapping(next)) return [];
  const [before, after] = [Object.keys(old), Object.keys(next)];
  const kept = after.filter((key) => key in old).join("\0");
  const added = after.filter((key) => !(key in old)).length;
  const inOrder = before.filter((key) => key in next).join("\0") === kept;
  return inOrder && (added === 0 || after.slice(-added).every((key) => !(key in old)))
    ? [...new Set([...before, ...after])]
    : [];
}

function at(value: Plain | undefined, key: string | number): Plain | undefined {
  return (value as Mapping)[key as string];
}

/** Equal, the order of keys included: it is how their author wrote them. */
export function same(one: Plain | undefined, other: Plain | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Every rule with its place in the tree and in the condition, as problems name places. */
export function places(tree: Group, root = "condition"): { at: number[]; place: string }[] {
  const only = tree.rules[0];
  const bare = tree.bare && tree.rules.length === 1 && only && !isGroup(only) && !tree.not;
  if (bare && tree.combinator === "all") return [{ at: [0], place: root }];
  return below(tree, [], root);
}

function below(group: Group, at: number[], place: string): { at: number[]; place: string }[] {
  const inside = `${place}${group.not ? ".not" : ""}.${group.combinator}`;
  return group.rules.flatMap((node, index) => {
    const here = { at: [...at, index], place: `${inside}[${index}]` };
    return isGroup(node) ? below(node, here.at, here.place) : [here];
  });
}

/** The problems of each rule by its place in the tree, and those of no rule under "". */
export function sorted<P extends { path: string }>(tree: Group, problems: P[]): Map<string, P[]> {
  const known = places(tree);
  const found = new Map<string, P[]>();
  for (const problem of problems) {
    const rule = known
      .filter(({ place }) => problem.path === place || /^[.[]/.test(rest(problem.path, place)))
      .sort((one, other) => other.place.length - one.place.length)[0];
    const key = rule ? rule.at.join(".") : "";
    found.set(key, [...(found.get(key) ?? []), problem]);
  }
  return found;
}

function rest(path: string, place: string): string {
  return path.startsWith(place) ? path.slice(place.length) : "";
}

/** A new rule of a kind. */
export function begin(kind: Kind): Plain {
  return BEGIN[kind];
}

const BEGIN: Record<Kind, Plain> = {
  attribute: { attribute: "", eq: "" },
  event: { event: "" },
  message: { message: "opened", within: "30d" },
  segment: { segment: "" },
  stage: { stage: [] },
  lifecycle: { lifecycle: [] },
  consent: { consent: "email" },
  reachable: { reachable: "email" },
  in_journey: { in_journey: "" },
  context: { context: "", eq: "" },
  random: { random: 10, salt: "" },
  text: {},
};

/** A rule of which something is still to be filled in: nobody is asked about it yet. */
export function unfinished(value: Plain): boolean {
  const { inner } = positive(value);
  const kind = kindOf(value);
  if (!isMapping(inner) || kind === "text") return false;
  const subject = inner[kind];
  if (subject === "" || (Array.isArray(subject) && subject.length === 0)) return true;
  if (kind === "random") return text(inner.salt) === "";
  if (kind === "attribute" || kind === "context") return openChecks(without(inner, kind));
  if (kind !== "event") return false;
  const measure = measureOf(inner);
  const clauses = isMapping(inner.where) ? Object.entries(inner.where) : [];
  return (
    (!!measure?.kind && openChecks(measure.checks)) ||
    (!!measure?.kind && OF_PROPERTY.includes(measure.kind) && !measure.path) ||
    clauses.some(([key, checks]) => !key || openChecks(checks as Mapping))
  );
}

function without(value: Mapping, key: string): Mapping {
  return put(value, key, undefined);
}

function openChecks(checks: Mapping): boolean {
  const found = Object.values(checks);
  return found.length === 0 || found.some((v) => v === "" || (Array.isArray(v) && v.length === 0));
}

/** Whether any rule of a tree is still to be filled in. */
export function open(tree: Group): boolean {
  return tree.rules.some((node) => (isGroup(node) ? open(node) : unfinished(node.value)));
}
