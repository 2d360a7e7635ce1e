// Values as they are typed: a number, yes or no, a list, or text.
import { parse } from "yaml";
import { isMapping, text } from "./steps";
import type { Plain } from "./tree";

/** What was typed as a value: a number, yes or no, a list, or text. */
export function valueOf(typed: string): Plain {
  if (/^\s|\s$|^0\d|\.$|[.,]0*$/.test(typed)) return typed;
  try {
    const found: Plain = parse(typed);
    return found === null || isMapping(found) ? typed : found;
  } catch {
    return typed;
  }
}

export function written(value: Plain | undefined): string {
  if (Array.isArray(value)) return `[${value.map((each) => written(each)).join(", ")}]`;
  return value === null || value === undefined
    ? ""
    : text(value) || String(value === "" ? "" : JSON.stringify(value));
}
