// A content as its author wrote it, in YAML or JSON. One text of it is changed in its place: comments,
// order and whatever else stands there stay as they are.
import { isMap, isScalar, parseDocument, type Document, type Pair, type YAMLMap } from "yaml";

export type Content = Record<string, unknown>;
export type Path = readonly string[];

export interface Read {
  content: Content | null;
  problem: string;
  line: number;
}

const NARROW = 2;
const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;
const ALL_ODD = /[\u007f-\u009f\u2028\u2029\ufeff]/g;
const LONG = 100;

export function read(text: string): Read {
  const document = parsed(text);
  const error = document.errors[0];
  if (error) return { content: null, problem: sentence(error.message), line: lineOf(error.pos[0]) };
  const value: unknown = document.toJS() ?? {};
  const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMapping
    ? { content: value as Content, problem: "", line: 0 }
    : { content: null, problem: "A content is a mapping such as {subject: …, html: …}.", line: 1 };

  function lineOf(place: number): number {
    return text.slice(0, place).split("\n").length;
  }
}

/** What stands there; "" where nothing does, or something that is no text. */
export function textAt(content: Content | null, path: Path): string {
  let value: unknown = content;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return typeof value === "string" ? value : "";
}

/** The document with one text of it put in, changed, or taken out (null). */
export function write(text: string, path: Path, value: string | null): string {
  const before = read(text).content;
  if (!before) return text;
  const wanted = JSON.stringify(put(before, path, value));
  if (wanted === JSON.stringify(before)) return text;
  for (const attempt of [inPlace, anew]) {
    const next = attempt(text, path, value);
    if (next !== null && JSON.stringify(ordered(next, wanted)) === wanted) return next;
  }
  throw new Error(`The document cannot take ${path.join(".")}.`);
}

/** A document's content in the order of keys of `like`, so that two can be compared. */
function ordered(text: string, like: string): unknown {
  return arranged(read(text).content, JSON.parse(like));
}

function arranged(value: unknown, like: unknown): unknown {
  if (!isObject(value) || !isObject(like)) return value;
  const keys = [...Object.keys(like), ...Object.keys(value)].filter((key) => key in value);
  return Object.fromEntries(
    [...new Set(keys)].map((key) => [key, arranged(value[key], like[key])]),
  );
}

function put(content: Content, path: Path, value: string | null): Content {
  const [key, ...rest] = path;
  if (key === undefined) return content;
  const { [key]: old, ...others } = content;
  if (rest.length) {
    const inner = put(isObject(old) ? old : {}, rest, value);
    return Object.keys(inner).length ? { ...content, [key]: inner } : others;
  }
  return value === null ? others : { ...content, [key]: value };
}

function inPlace(text: string, path: Path, value: string | null): string | null {
  const document = parsed(text);
  const key = path.at(-1)!;
  const map = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (!isMap(map) || map.flow) return null;
  const pair = map.items.find((each) => isScalar(each.key) && each.key.value === key);
  if (!pair) return value === null ? text : added(text, document, map, path, value);
  return value === null ? without(text, map, pair) : replaced(text, pair, value);
}

function replaced(text: string, pair: Pair, value: string): string | null {
  const node = pair.value;
  const place = isScalar(node) ? node.range : null;
  const column = columnOf(text, pair);
  if (!isScalar(node) || !place || column === null || node.anchor) return null;
  const [start, end] = place;
  const block = node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED";
  const rest = text.slice(end);
  const said = scalar(value, column, block);
  const before =
    /[:\s]$/.test(text.slice(0, start)) && !/\s$/.test(text.slice(0, start)) ? " " : "";
  const after = block ? "\n" : "";
  return text.slice(0, start) + before + said + after + rest;
}

function added(
  text: string,
  document: Document,
  map: YAMLMap,
  path: Path,
  value: string,
): string | null {
  const last = map.items.at(-1);
  if (!last) return null;
  const column = columnOf(text, last);
  if (column === null) return null;
  const locales = path.length === 1 ? pairOf(document, "locales") : undefined;
  const place = locales ? startOf(locales) : endOf(text, last);
  if (place === null) return null;
  const line = `${" ".repeat(column)}${path.at(-1)!}: ${scalar(value, column, false)}\n`;
  const gap = place === 0 || text[place - 1] === "\n" ? "" : "\n";
  return text.slice(0, place) + gap + line + text.slice(place);
}

function without(text: string, map: YAMLMap, pair: Pair): string | null {
  const start = startOf(pair);
  const end = endOf(text, pair);
  if (start === null || end === null || map.items.length < NARROW) return null;
  const from = text.lastIndexOf("\n", start - 1) + 1;
  return text.slice(0, from) + text.slice(end);
}

/** The whole document written again: for JSON and other shapes that have no lines of their own. */
function anew(text: string, path: Path, value: string | null): string {
  const before = read(text).content ?? {};
  if (text.trimStart().startsWith("{")) return JSON.stringify(put(before, path, value), null, 2);
  const document = parsed(text);
  const holder = path.length > 1 ? document.getIn(path.slice(0, -1)) : document.contents;
  if (value === null) document.deleteIn(path);
  else if (isMap(holder)) document.setIn(path, value);
  else document.set(path[0], document.createNode(put(before, path, value)[path[0]!]));
  for (let depth = path.length - 1; depth > 0 && value === null; depth -= 1) {
    const map = document.getIn(path.slice(0, depth));
    if (isMap(map) && !map.items.length) document.deleteIn(path.slice(0, depth));
  }
  return document.toString({ lineWidth: 0 });
}

/** A text as YAML: lines below each other where it has several, else in double quotes. */
function scalar(value: string, column: number, preferBlock: boolean): string {
  const lines = value.includes("\n") || preferBlock || value.length > LONG;
  if (!lines || !value.trim() || ODD.test(value) || /\n[ \t]+\n*$/.test(value))
    return quoted(value);
  const pad = " ".repeat(column + NARROW);
  const body = value.replace(/\n+$/, "");
  const ends = value.length - body.length;
  const explicit = /^[\s]/.test(value) ? String(NARROW) : "";
  const chomping = ends === 0 ? "-" : ends === 1 ? "" : "+";
  const written = body
    .split("\n")
    .map((line) => (line ? pad + line : ""))
    .join("\n");
  return `|${explicit}${chomping}\n${written}${"\n".repeat(Math.max(0, ends - 1))}`;
}

function quoted(value: string): string {
  return JSON.stringify(value).replace(
    ALL_ODD,
    (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parsed(text: string): Document {
  return parseDocument(text, { version: "1.2", strict: true, uniqueKeys: true });
}

function pairOf(document: Document, key: string): Pair | undefined {
  const map = document.contents;
  return isMap(map)
    ? map.items.find((each) => isScalar(each.key) && each.key.value === key)
    : undefined;
}

function startOf(pair: Pair): number | null {
  return isScalar(pair.key) && pair.key.range ? pair.key.range[0] : null;
}

/** Where the line after a pair begins. */
function endOf(text: string, pair: Pair): number | null {
  const node = pair.value as { range?: [number, number, number] | null } | null;
  const end = node?.range?.[1] ?? (isScalar(pair.key) ? pair.key.range?.[1] : undefined);
  if (end === undefined) return null;
  if (text[end - 1] === "\n") return end;
  const line = text.indexOf("\n", end);
  return line < 0 ? text.length : line + 1;
}

function columnOf(text: string, pair: Pair): number | null {
  const start = startOf(pair);
  if (start === null) return null;
  const line = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  return line.trim() ? null : line.length;
}

function sentence(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+.*$/, "");
}

function isObject(value: unknown): value is Content {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
