// Where the steps and keys of a text begin and end: pieces that, put together, are the text.
import { isMap, isSeq, parseDocument } from "yaml";
import type { Node, Pair } from "yaml";

/** Where a piece of the text begins and ends; `indent` is the column it stands at. */
export interface Span {
  start: number;
  end: number;
  indent: number;
}

function lineStart(text: string, offset: number): number {
  return offset > 0 ? text.lastIndexOf("\n", offset - 1) + 1 : 0;
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** From the line of `offset` upwards over comments and blank lines, not above `floor`. */
function withComments(text: string, offset: number, floor: number): number {
  let start = lineStart(text, offset);
  while (start > floor) {
    const above = lineStart(text, start - 1);
    const line = text.slice(above, start).trim();
    if (above < floor || (line !== "" && !line.startsWith("#"))) break;
    start = above;
  }
  return start;
}

/** The end of what a node says: a scalar that holds lines ends after its last line break. */
function endOf(text: string, node: Node): number {
  const end = node.range?.[1] ?? 0;
  return end > 0 && text[end - 1] === "\n" ? end : lineEnd(text, end);
}

function spans(text: string, starts: number[], items: Node[], floor: number): Span[] {
  const begins: number[] = [];
  starts.forEach((start, index) => {
    const before = items[index - 1];
    begins.push(withComments(text, start, before ? endOf(text, before) : floor));
  });
  return begins.map((start, index) => {
    const dash = starts[index] ?? 0;
    const last = items[index];
    const end = begins[index + 1] ?? (last ? endOf(text, last) : start);
    return { start, end, indent: dash - lineStart(text, dash) };
  });
}

/** The steps of a text whose steps stand below each other; null when they do not. */
export function stepSpans(text: string): Span[] | null {
  const document = parseDocument(text, { keepSourceTokens: true });
  if (document.errors.length > 0 || !isMap(document.contents) || document.contents.flow)
    return null;
  const steps = document.contents.get("steps", true) as Node | undefined;
  if (!isSeq(steps) || steps.flow || steps.items.length === 0) return null;
  const token = steps.srcToken;
  if (token?.type !== "block-seq") return null;
  const dashes = token.items.flatMap((item) =>
    item.start
      .filter((each) => each.type === "seq-item-ind")
      .slice(0, 1)
      .map((each) => each.offset),
  );
  if (dashes.length !== steps.items.length) return null;
  return spans(
    text,
    dashes,
    steps.items as Node[],
    lineEnd(text, lineStart(text, steps.range?.[0] ?? 0) - 1),
  );
}

export function keySpans(text: string): Map<string, Span> | null {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents) || document.contents.flow)
    return null;
  const pairs = document.contents.items as Pair<Node, Node | null>[];
  const ends = pairs.map((pair) => (pair.value?.range ? pair.value : pair.key));
  const found = spans(
    text,
    pairs.map((pair) => pair.key.range?.[0] ?? 0),
    ends,
    0,
  );
  if (found[0]) found[0] = { ...found[0], start: 0 };
  return new Map(
    pairs.map((pair, index) => [String((pair.key as { value?: unknown }).value), found[index]!]),
  );
}
