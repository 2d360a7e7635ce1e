// The text of a journey as a tree. The text is the truth: an edit rewrites the few lines it
// concerns,
// and everything else, comments and spacing included, stays as its author typed it.
import {
  Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  stringify,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import type { Node, Pair } from "yaml";
import { keySpans, stepSpans, type Span } from "./spans";

export type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };
export type Mapping = { [key: string]: Plain };
export type Path = readonly (string | number)[];

export interface Read {
  data: Mapping;
  /** Why the text cannot be read, empty when it can. */
  fault: string;
  line: number;
}

const WRITE = { lineWidth: 0, flowCollectionPadding: false } as const;
const KEYS = [
  "journey",
  "title",
  "class",
  "stage",
  "priority",
  "topic",
  "enter",
  "leave",
  "goal",
  "steps",
];
export const SHORT = 90;

export function read(text: string): Read {
  const document = parseDocument(text, { prettyErrors: true });
  const error = document.errors[0];
  if (error)
    return {
      data: {},
      fault: error.message.split("\n")[0] ?? "",
      line: error.linePos?.[0].line ?? 1,
    };
  const data: unknown = document.toJS();
  const plain = typeof data === "object" && data !== null && !Array.isArray(data);
  return { data: plain ? (data as Mapping) : {}, fault: "", line: 1 };
}

export function write(value: Mapping): string {
  return stringify(value, WRITE);
}

/** The value at a path of plain data. */
export function at(data: Plain | undefined, path: Path): Plain | undefined {
  let found: Plain | undefined = data;
  for (const key of path) {
    if (found === null || typeof found !== "object") return undefined;
    found = (found as Mapping)[key as string];
  }
  return found;
}

/** The same document with its steps below each other, so that each of them is a piece of text. */
export function unfolded(text: string): string {
  if (stepSpans(text)) return text;
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  if (!isMap(document.contents)) document.contents = new YAMLMap() as never;
  const root = document.contents as unknown as YAMLMap;
  root.flow = false;
  const steps = root.get("steps", true) as Node | undefined;
  if (!isSeq(steps)) root.set("steps", new YAMLSeq());
  else {
    steps.flow = steps.items.length === 0;
    for (const item of steps.items) if (isMap(item)) item.flow = false;
  }
  return document.toString(WRITE);
}

function leaf(value: Plain): boolean {
  return value === null || typeof value !== "object";
}

/**
 * A node that reads as an author would write it: short mappings on one line, long ones below
 * each other.
 */
export function node(document: Document, value: Plain, block: boolean): Node {
  const made = document.createNode(value) as Node;
  fold(made, block);
  return made;
}

function fold(made: unknown, block: boolean): void {
  if (!isCollection(made)) return;
  const text = JSON.stringify(made.toJSON());
  made.flow = !block && made.items.length > 0 && text.length <= SHORT && !text.includes("\\n");
  for (const item of made.items) fold(isMap(made) ? (item as Pair).value : item, false);
}

function dedent(text: string, by: number): string {
  return by ? text.replace(new RegExp(`^ {1,${by}}`, "gm"), "") : text;
}

function indent(text: string, by: number): string {
  return by ? text.replace(/^(?=[^\n])/gm, " ".repeat(by)) : text;
}

function splice(text: string, span: { start: number; end: number }, piece: string): string {
  return text.slice(0, span.start) + piece + text.slice(span.end);
}

/** A scalar in the place of another, in the same quotes. */
function respelt(text: string, path: Path, value: Plain): string | null {
  const found = parseDocument(text).getIn(path, true);
  if (!isScalar(found) || !found.range || !leaf(value) || value === null) return null;
  const old = text.slice(found.range[0], found.range[1]);
  if (old.startsWith("|") || old.startsWith(">") || old === "" || String(value).includes("\n"))
    return null;
  const plain = stringify(value, { lineWidth: 0 }).trimEnd();
  const risky =
    typeof value === "string" &&
    (/[,[\]{}#:]/.test(plain) || plain.startsWith('"') || value === "");
  const quoted = typeof value === "string" && (risky || old.startsWith('"') || old.startsWith("'"));
  const piece = quoted ? quote(value as string, old.startsWith("'")) : plain;
  const changed = text.slice(0, found.range[0]) + piece + text.slice(found.range[1]);
  const again = parseDocument(changed);
  return again.errors.length === 0 && again.getIn(path) === value ? changed : null;
}

function quote(value: string, single: boolean): string {
  return single && !/[\n\t\\]/.test(value)
    ? `'${value.replaceAll("'", "''")}'`
    : JSON.stringify(value);
}

function changeIn(document: Document, path: Path, value: Plain | undefined): void {
  if (value === undefined) {
    document.deleteIn(path);
    return;
  }
  const old = document.getIn(path, true);
  const keepsLines = isCollection(old) && old.flow === false;
  document.setIn(
    path,
    leaf(value) ? scalar(document, old, value) : node(document, value, keepsLines),
  );
}

function scalar(document: Document, old: unknown, value: Plain): unknown {
  if (isScalar(old)) {
    const kept = old.clone() as typeof old;
    kept.value = value;
    if (typeof value !== "string") delete kept.type;
    delete kept.source;
    return kept;
  }
  return document.createNode(value);
}

function reprinted(piece: string, span: Span, path: Path, value: Plain | undefined): string {
  const document = parseDocument(dedent(piece, span.indent));
  changeIn(document, path, value);
  return indent(document.toString({ ...WRITE, indentSeq: true }), span.indent);
}

/**
 * The text with another value at a path; undefined takes it away. Unknown keys and comments
 * stay.
 */
export function setAt(text: string, path: Path, value: Plain | undefined): string {
  const direct = value === undefined ? null : respelt(text, path, value);
  if (direct !== null) return direct;
  const [top, index, ...rest] = path;
  if (top === "steps" && typeof index === "number") {
    const body = unfolded(text);
    const span = stepSpans(body)?.[index];
    return span
      ? splice(body, span, reprinted(body.slice(span.start, span.end), span, [0, ...rest], value))
      : body;
  }
  return setKey(text, path, value);
}

function setKey(given: string, path: Path, value: Plain | undefined): string {
  const text = keySpans(given) ? given : unfolded(given);
  const all = keySpans(text) ?? new Map<string, Span>();
  const key = String(path[0]);
  const span = all.get(key);
  if (!span)
    return value === undefined
      ? text
      : splice(
          text,
          { start: place(all, key, text), end: place(all, key, text) },
          fresh(path, value),
        );
  if (value === undefined && path.length === 1) return splice(text, span, "");
  const piece = text.slice(span.start, span.end);
  return splice(text, span, reprinted(piece, span, path, value));
}

function fresh(path: Path, value: Plain): string {
  const document = new Document({});
  let nested: Plain = value;
  for (const key of [...path].reverse().slice(0, -1))
    nested = typeof key === "number" ? [nested] : { [key]: nested };
  document.set(path[0] as string, node(document, nested, true));
  return document.toString({ ...WRITE, indentSeq: true });
}

/** Where a key that is not there yet belongs: behind those that come before it. */
function place(all: Map<string, Span>, key: string, text: string): number {
  const before = KEYS.slice(0, KEYS.indexOf(key) + 1).map((each) => all.get(each)?.end ?? 0);
  return all.size === 0 ? text.length : Math.max(0, ...before);
}

/** A step as text, as it stands in a list at a column. */
export function stepText(step: Mapping, column: number): string {
  const document = new Document([]);
  const made = new YAMLMap();
  for (const [key, value] of Object.entries(step))
    made.set(key, leaf(value) ? value : node(document, value, key !== "update"));
  (document.contents as YAMLSeq).add(made);
  return indent(document.toString({ ...WRITE, indentSeq: true }), column);
}

/** The pieces of text that the steps are, with what stands before and behind them. */
export function stepPieces(text: string): {
  head: string;
  pieces: string[];
  tail: string;
  column: number;
} {
  const body = unfolded(text);
  const found = stepSpans(body);
  const first = found?.[0];
  const last = found?.at(-1);
  if (!found || !first || !last) return { head: body, pieces: [], tail: "", column: 2 };
  const pieces = found.map((span) => ended(body.slice(span.start, span.end)));
  return {
    head: body.slice(0, first.start),
    pieces,
    tail: body.slice(last.end),
    column: first.indent,
  };
}

function ended(piece: string): string {
  return piece.endsWith("\n") ? piece : `${piece}\n`;
}

/** The text with these steps, given as text. */
export function withPieces(text: string, pieces: string[]): string {
  const { head, tail } = stepPieces(text);
  if (stepSpans(head + pieces.join("") + tail) || pieces.length === 0) {
    if (pieces.length > 0) return head + pieces.join("") + tail;
    return setAt(unfolded(text), ["steps"], []);
  }
  const key = keySpans(head)?.get("steps");
  const piece = key ? head.slice(key.start, key.end) : "";
  const comments = piece.slice(0, Math.max(0, piece.search(/^steps:/m)));
  const start = `${comments}steps:\n${pieces.join("")}`;
  return key ? splice(head, key, start) : `${ended(head)}${start}`;
}
