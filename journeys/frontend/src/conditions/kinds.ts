// The kinds of rules: which form draws one, how a new one begins, and whether it is filled in.
import { isMapping, text } from "../model/steps";
import type { Mapping, Plain } from "../model/tree";
import { put, sole } from "./mappings";
import { measureOf, OF_PROPERTY, OPERATORS } from "./measures";

/** The kinds that have a form, in the order in which they are offered. */
export const KINDS = [
  "attribute",
  "event",
  "sequence",
  "message",
  "segment",
  "stage",
  "lifecycle",
  "consent",
  "reachable",
  "in_journey",
  "random",
  "context",
] as const;
/** So many events a sequence has at most. */
export const LONGEST_SEQUENCE = 20;
export type Drawn = (typeof KINDS)[number];
export type Kind = Drawn | "text";

/** What a step saved is no matter of segments: it is drawn where it is, and not offered. */
export const OFFERED: Kind[] = KINDS.filter((kind) => kind !== "context");

/** A rule without its `not`. */
export function positive(value: Plain): { negated: boolean; inner: Plain } {
  const inner = sole(value, "not");
  return inner === undefined ? { negated: false, inner: value } : { negated: true, inner };
}

/** The same condition, said to hold or not to hold. */
export function signed(inner: Plain, negated: boolean): Plain {
  return negated ? { not: inner } : inner;
}

const KEYS: Record<Exclude<Drawn, "attribute" | "context" | "event" | "sequence">, string[]> = {
  message: ["journey", "step", "within"],
  segment: [],
  stage: [],
  lifecycle: [],
  consent: ["topic"],
  reachable: [],
  in_journey: [],
  random: ["salt"],
};

/** The form that draws a rule, `text` where none does. */
export function kindOf(value: Plain): Kind {
  const { inner } = positive(value);
  if (!isMapping(inner)) return "text";
  const kinds = KINDS.filter((kind) => kind in inner);
  const kind = kinds[0];
  return kind && kinds.length === 1 && drawable(kind, inner) ? kind : "text";
}

function drawable(kind: Drawn, rule: Mapping): boolean {
  const { [kind]: subject, ...rest } = rule;
  switch (kind) {
    case "attribute":
    case "context":
      return typeof subject === "string" && areChecks(rest);
    case "event":
      return typeof subject === "string" && isEvent(rule, rest);
    case "sequence":
      return Array.isArray(subject) && subject.every(isStep) && keysWithin(rest, ["within"]);
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
  if (!measure || typeof within !== "string") return false;
  const known = [measure.kind ?? "", ...(measure.beside ? Object.keys(measure.checks) : [])];
  return (
    areClauses(where) &&
    areChecks(measure.checks) &&
    Object.keys(others).every((k) => known.includes(k))
  );
}

/** One event of a sequence; nothing comes before the first. */
function isStep(step: Plain, index: number): boolean {
  if (!isMapping(step)) return false;
  const { event, where = {}, ...rest } = step;
  return isText(event) && areClauses(where) && keysWithin(rest, index > 0 ? ["within"] : []);
}

function areClauses(where: Plain): boolean {
  return (
    isMapping(where) &&
    Object.values(where).every((checks) => isMapping(checks) && areChecks(checks))
  );
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

/** A new rule of a kind. */
export function begin(kind: Kind): Plain {
  return BEGIN[kind];
}

const BEGIN: Record<Kind, Plain> = {
  attribute: { attribute: "", eq: "" },
  event: { event: "" },
  sequence: { sequence: [{ event: "" }, { event: "" }] },
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
  if (kind === "attribute" || kind === "context") return openChecks(put(inner, kind, undefined));
  if (kind === "sequence")
    return (subject as Mapping[]).length < 2 || (subject as Mapping[]).some(openEvent);
  return kind === "event" && (openEvent(inner) || openMeasure(inner));
}

function openMeasure(event: Mapping): boolean {
  const measure = measureOf(event);
  return (
    (!!measure?.kind && openChecks(measure.checks)) ||
    (!!measure?.kind && OF_PROPERTY.includes(measure.kind) && !measure.path)
  );
}

function openEvent(event: Mapping): boolean {
  const clauses = isMapping(event.where) ? Object.entries(event.where) : [];
  return !event.event || clauses.some(([key, checks]) => !key || openChecks(checks as Mapping));
}

function openChecks(checks: Mapping): boolean {
  const found = Object.values(checks);
  return found.length === 0 || found.some((v) => v === "" || (Array.isArray(v) && v.length === 0));
}
