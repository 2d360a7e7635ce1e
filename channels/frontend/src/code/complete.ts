// What can be written at a place: attributes with how many customers have them, properties, filters
// and words of templates, and the elements of MJML. Nothing is offered that would be refused.
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { Known } from "../server";
import { codeAt } from "../model/scan";
import { t } from "../words";
import { ELEMENTS } from "./mjml";

export interface Names {
  attributes: Known[];
  properties: Known[];
  filters: string[];
  templates: string[];
}

const VARIABLES = ["customer", "entry", "context", "links", "journey"];
const FUNCTIONS = ["range(", "abort("];
const STATEMENTS = ["if", "elif", "else", "endif", "for", "endfor", "set", "include", "raw"];
const LINKS = ["unsubscribe", "unsubscribe_text", "preferences", "view"];
const LOOP = ["index", "index0", "first", "last", "length", "revindex", "previtem", "nextitem"];
const TESTS = ["defined", "undefined", "none", "number", "string", "mapping", "iterable", "even"];
const WORDS = ["and", "or", "not", "in", "is", "true", "false", "none"];
const PLAIN = /^[A-Za-z_]\w*$/;

/** The template code that is open before a place: what stands in it, or null. */
export function openCode(before: string): string | null {
  const start = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  if (start < 0 || before[start - 1] === "{") return null;
  const whole = codeAt(before, start);
  return whole && start + whole.length <= before.length ? null : before.slice(start);
}

export function complete(names: () => Names, elements: boolean, expression = false) {
  return (context: CompletionContext): CompletionResult | null => {
    const before = context.state.sliceDoc(Math.max(0, context.pos - 4000), context.pos);
    const code = expression ? `{{ ${before}` : openCode(before);
    if (code !== null) return inCode(code, names(), context);
    if (elements) {
      const found = inTag(before, context.pos);
      if (found) return found;
    }
    return context.explicit ? fresh(names(), context) : null;
  };
}

function inCode(code: string, names: Names, context: CompletionContext): CompletionResult | null {
  const offer = (typed: string, options: Completion[]): CompletionResult => ({
    from: context.pos - typed.length,
    options,
    validFor: /^[\w.]*$/,
  });
  let found = /^\{%[-+]?\s*include\s+["']([\w-]*)$/.exec(code);
  if (found) return offer(found[1]!, plain(names.templates, "constant"));
  found = /^\{%[-+]?\s*(\w*)$/.exec(code);
  if (found) return offer(found[1]!, plain(STATEMENTS, "keyword"));
  if (isQuoted(code)) return null;
  found = /\|\s*(\w*)$/.exec(code);
  if (found) return offer(found[1]!, plain(names.filters, "function"));
  found = /\bis\s+(?:not\s+)?(\w*)$/.exec(code);
  if (found) return offer(found[1]!, plain(TESTS, "keyword"));
  found = /\b(customer|entry|links|loop)\s*\.\s*([\w.]*)$/.exec(code);
  if (found) return offer(found[2]!, members(found[1]!, names, code));
  found = /(?:^|[^\w.])(\w*)$/.exec(code);
  if (!found || (!found[1] && !context.explicit && !/[\s{%(]$/.test(code))) return null;
  return offer(found[1]!, [
    ...plain(VARIABLES, "variable"),
    ...plain(FUNCTIONS, "function"),
    ...plain(WORDS, "keyword"),
    ...known(names.attributes, "customer."),
  ]);
}

function members(owner: string, names: Names, code: string): Completion[] {
  if (owner === "customer") return known(names.attributes, "");
  if (owner === "entry") return known(names.properties, "");
  if (owner === "loop") return plain(LOOP, "property");
  return plain(/^\{\{/.test(code) ? LINKS : LINKS.slice(0, 1), "property");
}

/** Whole expressions where no code has begun. */
function fresh(names: Names, context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/[\w]*/);
  const options = known(names.attributes, "customer.").map((each) => ({
    ...each,
    apply: `{{ ${each.label}${(each.boost ?? 0) < 0 ? "|default('')" : ""} }}`,
  }));
  return { from: word?.from ?? context.pos, options };
}

const TYPES: Record<string, () => string> = {
  array: () => t("list"),
  object: () => t("mapping"),
  boolean: () => t("yes or no"),
  number: () => t("number"),
};

function typeOf(each: Known): string {
  return TYPES[each.type]?.() ?? t("text");
}

/** Whether a value is missing for some: then it needs a default. */
export function isSparse(each: Known): boolean {
  return each.filled < 100;
}

function known(found: readonly Known[], prefix: string): Completion[] {
  return found.map((each) => {
    const plainly = PLAIN.test(each.name);
    const label = plainly ? prefix + each.name : `${prefix.slice(0, -1)}["${each.name}"]`;
    return {
      label,
      detail: `${typeOf(each)} · ${t("{share} % filled", { share: each.filled })}`,
      ...(each.example && { info: t("For example {value}", { value: each.example }) }),
      type: "property",
      boost: isSparse(each) ? -1 : 1,
    };
  });
}

function plain(words: readonly string[], type: string): Completion[] {
  return words.map((label) => ({ label, type }));
}

function isQuoted(code: string): boolean {
  const left = code.replace(/"[^"]*"|'[^']*'/g, "");
  return /["']/.test(left);
}

function inTag(before: string, at: number): CompletionResult | null {
  const name = /<(\/?)([\w-]*)$/.exec(before);
  if (name)
    return {
      from: at - name[2]!.length,
      options: Object.keys(ELEMENTS).map((label) => ({ label, type: "type" })),
      validFor: /^[\w-]*$/,
    };
  const inside = /<(mj-[\w-]+)(?:\s+[\w-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s+([\w-]*)$/.exec(before);
  const attributes = inside && ELEMENTS[inside[1]!];
  if (!inside || !attributes) return null;
  return {
    from: at - inside[2]!.length,
    options: attributes.map((label) => ({ label, type: "property", apply: `${label}="` })),
    validFor: /^[\w-]*$/,
  };
}
