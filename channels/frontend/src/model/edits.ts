// What is done to blocks, as changes of the text: each rewrites its own element and nothing else.
import { all, page, type Block, type Kind, type Span } from "./blocks";
import { codeAt } from "./scan";

/** Where blocks may stand: rows of the page, columns of a row, or contents of a column. */
export type Level = "row" | "column" | "item";

const LEVELS: Partial<Record<Kind, Level>> = {
  section: "row",
  wrapper: "row",
  column: "column",
  group: "column",
  text: "item",
  image: "item",
  button: "item",
  divider: "item",
  spacer: "item",
};
const INSIDE: Partial<Record<Kind, Level>> = {
  wrapper: "row",
  section: "column",
  group: "column",
  column: "item",
};
const STEP = "  ";

export interface Edit {
  text: string;
  /** Where the block in question begins now. */
  at: number;
}

/** A block with those around it, from the page's body down to its parent. */
export interface Found {
  block: Block;
  around: Block[];
  index: number;
}

export function find(body: Block, start: number, kind?: Kind): Found | null {
  const seek = (block: Block, around: Block[]): Found | null => {
    for (const [index, child] of block.children.entries()) {
      if (child.start === start && (!kind || child.kind === kind))
        return { block: child, around: [...around, block], index };
      const below = seek(child, [...around, block]);
      if (below) return below;
    }
    return null;
  };
  return seek(body, []);
}

/** What a block may hold; conditions and loops hold what stands beside them. */
export function levelInside(around: readonly Block[]): Level {
  const holder = around.findLast((each) => INSIDE[each.kind]);
  return around.length === 1 || holder === around[0] || !holder ? "row" : INSIDE[holder.kind]!;
}

export function holds(block: Block): boolean {
  return block.kind === "branch" || block.kind === "loop" || (INSIDE[block.kind] ?? null) !== null;
}

/** May this block stand there? Raw code and shared blocks stay on their level. */
export function fits(block: Block, from: readonly Block[], into: readonly Block[]): boolean {
  const level = LEVELS[block.kind] ?? levelInside(from);
  if (into.some((each) => each.start === block.start && each.end === block.end)) return false;
  const wraps = block.kind === "wrapper" && into.some((each) => each.kind === "wrapper");
  return block.kind !== "branch" && !wraps && level === levelInside(into);
}

export function setAttribute(text: string, block: Block, name: string, value: string): Edit {
  const found = block.attributes.find((each) => each.name === name);
  if (!found && !value) return { text, at: block.start };
  if (!value) {
    const before = /\s*$/.exec(text.slice(0, found!.start))![0].length;
    return {
      text: spliced(text, { start: found!.start - before, end: found!.end }, ""),
      at: block.start,
    };
  }
  const said = `${name}=${quoted(value)}`;
  if (found) return { text: spliced(text, found, said), at: block.start };
  const last = block.attributes.at(-1);
  const place = last ? last.end : endOfName(text, block);
  return { text: spliced(text, { start: place, end: place }, ` ${said}`), at: block.start };
}

/** What is in a text or a button. Code that would end the element is refused. */
export function setInner(text: string, block: Block, inner: string): Edit | null {
  return kept(text, block, spliced(text, block.inner, inner));
}

/** The expression of a condition or a loop, or a shared block's name. */
export function setTest(text: string, block: Block, test: string): Edit | null {
  if (!block.test || !test.trim() || /%\}|\{%|\{\{|\}\}|\n/.test(test)) return null;
  return kept(text, block, spliced(text, block.test, test.trim()));
}

export function remove(text: string, block: Block): string {
  return spliced(text, withGap(text, block), "");
}

export function duplicate(text: string, block: Block): Edit {
  const copy = indentOf(text, block) + text.slice(block.start, block.end);
  return {
    text: text.slice(0, block.end) + copy + text.slice(block.end),
    at: block.end + copy.length - (block.end - block.start),
  };
}

/** A block of this text as the `index`-th within another. */
export function insert(text: string, holder: Block, index: number, snippet: string): Edit {
  const before = holder.children[index - 1];
  const after = holder.children[index];
  if (before) return placed(text, before.end, indentOf(text, before), snippet, "");
  if (after) {
    const gap = indentOf(text, after);
    return placed(text, after.start, "", snippet, gap, gap);
  }
  const outer = indentOf(text, holder);
  const said = indented(snippet, outer + STEP);
  const inner = `${outer}${STEP}${said}${outer}`;
  const at = holder.inner.start + outer.length + STEP.length;
  if (holder.head.end === holder.end) return { text, at: holder.start };
  return { text: spliced(text, holder.inner, inner), at };
}

function placed(
  text: string,
  place: number,
  gap: string,
  snippet: string,
  after: string,
  indent = gap,
): Edit {
  const said = gap + indented(snippet, indent) + after;
  return { text: text.slice(0, place) + said + text.slice(place), at: place + gap.length };
}

/** Take a block out and put it in elsewhere; its own text stays as it is. */
export function move(text: string, from: Found, into: Block, index: number): Edit {
  const { block } = from;
  const own = text.slice(block.start, block.end);
  const taken = withGap(text, block);
  const target = into.children[index];
  const previous = into.children[index - 1];
  const same = (other?: Block) => other?.start === block.start && other.end === block.end;
  if (same(target) || same(previous)) return { text, at: block.start };
  const place = previous ? previous.end : target ? target.start : into.inner.start;
  const gap = indentOf(text, previous ?? target ?? block);
  const said = previous ? gap + own : target ? own + gap : `${gap}${own}${indentOf(text, into)}`;
  const lead = previous || !target ? gap.length : 0;
  if (place <= taken.start) {
    const cut = spliced(text, taken, "");
    return { text: spliced(cut, { start: place, end: place }, said), at: place + lead };
  }
  const put = spliced(text, { start: place, end: place }, said);
  return { text: spliced(put, taken, ""), at: place + lead - (taken.end - taken.start) };
}

/** Show a block only if something is so. */
export function wrap(text: string, block: Block, test: string): Edit {
  const gap = indentOf(text, block);
  const own = text.slice(block.start, block.end);
  return {
    text: spliced(text, block, `{% if ${test} %}${gap}${own}${gap}{% endif %}`),
    at: block.start,
  };
}

export function addElse(text: string, condition: Block, snippet: string): Edit {
  const gap = indentOf(text, condition);
  const place = condition.inner.end;
  const said = `{% else %}${gap}${STEP}${indented(snippet, gap + STEP)}${gap}`;
  return { text: spliced(text, { start: place, end: place }, said), at: condition.start };
}

/** What the inbox shows beside the subject. */
export function setPreview(text: string, words: string): string {
  const said = page(text);
  if (said.preview) return spliced(text, said.preview, words);
  const head = /<mj-head\b[^>]*[^/]>|<mj-head>/.exec(text);
  const line = `<mj-preview>${words}</mj-preview>`;
  if (head) {
    const place = head.index + head[0].length;
    return `${text.slice(0, place)}\n    ${line}${text.slice(place)}`;
  }
  const start = /<mjml\b[^>]*>/.exec(text);
  const place = start ? start.index + start[0].length : 0;
  return `${text.slice(0, place)}\n  <mj-head>\n    ${line}\n  </mj-head>${text.slice(place)}`;
}

/** The edit, if the page still reads as it did: the same blocks, as many as before. */
function kept(text: string, block: Block, next: string): Edit | null {
  const [before, after] = [page(text).body, page(next).body];
  if (!before || !after || shape(before) !== shape(after)) return null;
  return { text: next, at: block.start };
}

function shape(body: Block): string {
  return [...all(body)].map((each) => `${each.kind}${each.children.length}`).join(" ");
}

function quoted(value: string): string {
  let outside = "";
  for (let place = 0; place < value.length; place += 1) {
    const code = codeAt(value, place);
    if (code) place += code.length - 1;
    else outside += value[place];
  }
  const mark = outside.includes('"') ? "'" : '"';
  return (
    mark + (outside.includes("'") && mark === "'" ? value.replaceAll('"', "&quot;") : value) + mark
  );
}

/** The line break and the indentation before a block, if it stands on a line of its own. */
function indentOf(text: string, block: Span): string {
  return /\n[ \t]*$/.exec(text.slice(0, block.start))?.[0] ?? "";
}

/** A block with the white space before it, so that it leaves no empty line. */
function withGap(text: string, block: Block): Span {
  return { start: block.start - indentOf(text, block).length, end: block.end };
}

function indented(snippet: string, gap: string): string {
  return gap ? snippet.split("\n").join(gap) : snippet;
}

function endOfName(text: string, block: Block): number {
  return block.start + /^<[\w-]+/.exec(text.slice(block.start, block.head.end))![0].length;
}

function spliced(text: string, span: Span, said: string): string {
  return text.slice(0, span.start) + said + text.slice(span.end);
}
