// A page as blocks. A block is a stretch of the text: what is not understood is one too, and stays
// as it is, character for character.
import { codeAt, scan, type Token } from "./scan";

export type Kind =
  | "section"
  | "wrapper"
  | "column"
  | "group"
  | "text"
  | "image"
  | "button"
  | "divider"
  | "spacer"
  | "condition"
  | "branch"
  | "loop"
  | "include"
  | "raw";

export interface Span {
  start: number;
  end: number;
}

export interface Attribute extends Span {
  name: string;
  value: string;
}

export interface Block extends Span {
  kind: Kind;
  /** Its start tag or statement. */
  head: Span;
  /** What is between its start and its end. */
  inner: Span;
  attributes: Attribute[];
  children: Block[];
  /** The expression of a condition or a loop, the name of a shared block. */
  test?: Span;
  /** The first word of a branch: if, elif, else. */
  word?: string;
}

export interface Page {
  text: string;
  /** What the inbox shows beside the subject, where the page says it. */
  preview: Span | null;
  /** null where the page cannot be told apart. */
  body: Block | null;
}

const CONTAINERS: Record<string, Kind> = {
  "mj-section": "section",
  "mj-wrapper": "wrapper",
  "mj-column": "column",
  "mj-group": "group",
};
const LEAVES: Record<string, Kind> = {
  "mj-text": "text",
  "mj-image": "image",
  "mj-button": "button",
  "mj-divider": "divider",
  "mj-spacer": "spacer",
};
const WRITTEN: ReadonlySet<Kind> = new Set(["text", "button"]);
const IF = /^\{%[-+]?\s*(if|elif|else)\b\s*([\s\S]*?)\s*[-+]?%\}$/;
const FOR = /^\{%[-+]?\s*for\s+([\s\S]*?)\s*[-+]?%\}$/;
const INCLUDE = /^\{%[-+]?\s*include\s+(?:"([^"]*)"|'([^']*)')\s*[-+]?%\}$/;

class Unreadable extends Error {}

export function page(text: string): Page {
  const tokens = scan(text);
  const start = tokens.findIndex((each) => each.kind === "open" && each.name === "mj-body");
  return { text, preview: previewOf(tokens), body: start < 0 ? null : bodyOf(text, tokens, start) };
}

/** Every block below one, itself included. */
export function* all(block: Block): Generator<Block> {
  yield block;
  for (const child of block.children) yield* all(child);
}

/** The text again, from the blocks and what stands between them: a proof that nothing is lost. */
export function written(found: Page): string {
  const { text, body } = found;
  return body ? text.slice(0, body.start) + told(text, body) + text.slice(body.end) : text;
}

function told(text: string, block: Block): string {
  if (!block.children.length) return text.slice(block.start, block.end);
  let place = block.start;
  let said = "";
  for (const child of block.children) {
    said += text.slice(place, child.start) + told(text, child);
    place = child.end;
  }
  return said + text.slice(place, block.end);
}

function previewOf(tokens: Token[]): Span | null {
  const open = tokens.findIndex((each) => each.kind === "open" && each.name === "mj-preview");
  const close = tokens.findIndex((each) => each.kind === "close" && each.name === "mj-preview");
  return open >= 0 && close > open ? { start: tokens[open]!.end, end: tokens[close]!.start } : null;
}

function bodyOf(text: string, tokens: Token[], start: number): Block | null {
  const reader = new Reader(text, tokens);
  try {
    const [body] = reader.container(start, "section");
    return { ...body, kind: "section" };
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

class Reader {
  constructor(
    readonly text: string,
    readonly tokens: Token[],
  ) {}

  /** An element that holds blocks, and where it ends. */
  container(at: number, kind: Kind): [Block, number] {
    const open = this.tokens[at]!;
    const [children, close] = this.children(at + 1, open.name);
    const end = this.tokens[close];
    if (end?.kind !== "close" || end.name !== open.name) throw new Unreadable();
    const attributes = attributesOf(this.text, open);
    if (!attributes) throw new Unreadable();
    return [this.element(kind, open, end, attributes, children), close + 1];
  }

  /** The blocks up to whatever ends them, and the place of that. */
  children(from: number, parent: string): [Block[], number] {
    const found: Block[] = [];
    let at = from;
    while (at < this.tokens.length && !this.ends(at, parent)) {
      const [block, next] = this.block(at);
      if (block) found.push(block);
      at = next;
    }
    return [found, at];
  }

  private ends(at: number, parent: string): boolean {
    const token = this.tokens[at]!;
    if (token.kind === "close") {
      if (parent.startsWith("%") || token.name !== parent) throw new Unreadable();
      return true;
    }
    const closing = ["endif", "endfor", "elif", "else"].includes(token.name);
    if (token.kind !== "statement" || !closing) return false;
    const mine = parent === "%for" ? ["endfor"] : parent === "%if" ? ["endif", "elif", "else"] : [];
    if (!mine.includes(token.name)) throw new Unreadable();
    return true;
  }

  private block(at: number): [Block | null, number] {
    const token = this.tokens[at]!;
    if (token.kind === "text") return [this.loose(token), at + 1];
    if (token.kind === "statement") return this.statement(at);
    if (token.kind === "open" || token.kind === "void") return this.tag(at);
    return [raw(token.start, token.end), at + 1];
  }

  /** Words outside of any element, without the white space around them. */
  private loose(token: Token): Block | null {
    const said = this.said(token);
    const start = token.start + said.search(/\S|$/);
    return said.trim() ? raw(start, start + said.trim().length) : null;
  }

  private tag(at: number): [Block, number] {
    const token = this.tokens[at]!;
    const kind = CONTAINERS[token.name];
    if (token.kind === "void") return [this.lone(token), at + 1];
    if (kind) {
      try {
        return this.container(at, kind);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
      }
    }
    return this.whole(at);
  }

  /** An element without blocks of its own, up to its end tag. */
  private whole(at: number): [Block, number] {
    const open = this.tokens[at]!;
    const close = this.closing(at);
    const end = this.tokens[close]!;
    const kind = LEAVES[open.name];
    const attributes = kind && attributesOf(this.text, open);
    const empty = !this.text.slice(open.end, end.start).trim();
    if (!kind || !attributes || !(empty || WRITTEN.has(kind)))
      return [raw(open.start, end.end), close + 1];
    return [this.element(kind, open, end, attributes, []), close + 1];
  }

  private lone(token: Token): Block {
    const kind = LEAVES[token.name];
    const attributes = kind && attributesOf(this.text, token);
    if (!kind || !attributes || WRITTEN.has(kind)) return raw(token.start, token.end);
    return this.element(kind, token, { ...token, start: token.end }, attributes, []);
  }

  private closing(at: number): number {
    const { name } = this.tokens[at]!;
    let depth = 0;
    for (let place = at; place < this.tokens.length; place += 1) {
      const token = this.tokens[place]!;
      if (token.name !== name) continue;
      if (token.kind === "open") depth += 1;
      if (token.kind === "close") depth -= 1;
      if (token.kind === "close" && !depth) return place;
    }
    throw new Unreadable();
  }

  private statement(at: number): [Block, number] {
    const token = this.tokens[at]!;
    const said = this.said(token);
    const shared = INCLUDE.exec(said);
    if (shared) {
      const name = shared[1] ?? shared[2] ?? "";
      const start = token.start + said.indexOf(name, said.search(/["']/));
      const test = { start, end: start + name.length };
      return [{ ...raw(token.start, token.end), kind: "include", test }, at + 1];
    }
    if (token.name === "if") return this.condition(at);
    if (token.name === "for") return this.loop(at);
    if (token.name === "set" || token.name === "raw") return [raw(token.start, token.end), at + 1];
    throw new Unreadable();
  }

  private condition(at: number): [Block, number] {
    const branches: Block[] = [];
    let place = at;
    for (;;) {
      const head = this.tokens[place]!;
      if (head.name === "endif") {
        const start = this.tokens[at]!.start;
        const first = branches[0]!;
        return [
          {
            kind: "condition",
            start,
            end: head.end,
            head: first.head,
            inner: { start, end: head.start },
            attributes: [],
            children: branches,
          },
          place + 1,
        ];
      }
      const [children, next] = this.children(place + 1, "%if");
      const end = this.tokens[next];
      if (!end) throw new Unreadable();
      branches.push(this.branch(head, end, children));
      place = next;
    }
  }

  private branch(head: Token, end: Token, children: Block[]): Block {
    const found = IF.exec(this.said(head));
    if (!found) throw new Unreadable();
    return {
      kind: "branch",
      start: head.start,
      end: end.start,
      head,
      inner: { start: head.end, end: end.start },
      attributes: [],
      children,
      word: found[1]!,
      ...(found[2] ? { test: this.within(head, found[2], found[1]!.length) } : {}),
    };
  }

  private loop(at: number): [Block, number] {
    const head = this.tokens[at]!;
    const found = FOR.exec(this.said(head));
    const [children, next] = this.children(at + 1, "%for");
    const end = this.tokens[next];
    if (!found || end?.name !== "endfor") throw new Unreadable();
    return [
      {
        kind: "loop",
        start: head.start,
        end: end.end,
        head,
        inner: { start: head.end, end: end.start },
        attributes: [],
        children,
        test: this.within(head, found[1]!, "for".length),
      },
      next + 1,
    ];
  }

  /** Where an expression stands in its statement, after the statement's first word. */
  private within(head: Token, expression: string, word: number): Span {
    const said = this.said(head);
    const after = said.indexOf(head.name) + word;
    const start = head.start + said.indexOf(expression, after);
    return { start, end: start + expression.length };
  }

  private element(
    kind: Kind,
    open: Token,
    end: Span,
    attributes: Attribute[],
    children: Block[],
  ): Block {
    return {
      kind,
      start: open.start,
      end: end.end,
      head: { start: open.start, end: open.end },
      inner: { start: open.end, end: end.start },
      attributes,
      children,
    };
  }

  private said(span: Span): string {
    return this.text.slice(span.start, span.end);
  }
}

function raw(start: number, end: number): Block {
  const span = { start, end };
  return { kind: "raw", start, end, head: span, inner: span, attributes: [], children: [] };
}

/** The attributes of a start tag; null where template code stands between them, or one twice. */
function attributesOf(text: string, tag: Token): Attribute[] | null {
  const found: Attribute[] = [];
  let place = tag.start + 1 + tag.name.length;
  const end = tag.end - (tag.kind === "void" ? 2 : 1);
  while (place < end) {
    const gap = /^\s+/.exec(text.slice(place, end));
    if (gap) place += gap[0].length;
    if (place >= end) break;
    const name = /^([a-zA-Z][\w-]*)\s*=\s*(["'])/.exec(text.slice(place, end));
    if (!name) return null;
    const start = place + name[0].length;
    const close = quoteEnd(text, start, name[2]!, end);
    if (close < 0 || found.some((each) => each.name === name[1])) return null;
    found.push({ name: name[1]!, value: text.slice(start, close), start: place, end: close + 1 });
    place = close + 1;
  }
  return found;
}

function quoteEnd(text: string, from: number, quote: string, end: number): number {
  for (let place = from; place < end; place += 1) {
    const code = codeAt(text, place);
    if (code) place += code.length - 1;
    else if (text[place] === quote) return place;
  }
  return -1;
}
