// MJML with template code as a row of tokens that together are the text, character for character.
export type Kind = "text" | "comment" | "output" | "statement" | "note" | "open" | "close" | "void";

export interface Token {
  kind: Kind;
  start: number;
  end: number;
  /** A tag's name, or the first word of a statement. */
  name: string;
}

const STRING = String.raw`"[^"]*"|'[^']*'`;
const CODE = new RegExp(
  String.raw`\{%-?\s*raw\s*-?%\}[\s\S]*?\{%-?\s*endraw\s*-?%\}` +
    String.raw`|\{\{(?:${STRING}|[^"'}]|\}(?!\}))*\}\}` +
    String.raw`|\{%(?:${STRING}|[^"'%]|%(?!\}))*%\}` +
    String.raw`|\{#[\s\S]*?#\}`,
  "y",
);
const COMMENT = /<!--[\s\S]*?-->/y;
const TAG = /<(\/?)([a-zA-Z][\w-]*)/y;
const WORD = /^\{%[-+]?\s*(\w*)/;

/** The template code that begins at a place, or "". */
export function codeAt(text: string, place: number): string {
  CODE.lastIndex = place;
  return text[place] === "{" ? (CODE.exec(text)?.[0] ?? "") : "";
}

export function scan(text: string): Token[] {
  const found: Token[] = [];
  let place = 0;
  let plain = 0;
  const until = (start: number) => {
    if (start > plain) found.push({ kind: "text", start: plain, end: start, name: "" });
  };
  while (place < text.length) {
    const token = tokenAt(text, place);
    if (!token) {
      place += 1;
      continue;
    }
    until(place);
    found.push(token);
    place = plain = token.end;
  }
  until(text.length);
  return found;
}

function tokenAt(text: string, place: number): Token | null {
  const code = codeAt(text, place);
  if (code) return ofCode(code, place);
  if (text[place] !== "<") return null;
  COMMENT.lastIndex = place;
  const comment = COMMENT.exec(text);
  if (comment) return { kind: "comment", start: place, end: place + comment[0].length, name: "" };
  return ofTag(text, place);
}

function ofCode(code: string, place: number): Token {
  const end = place + code.length;
  if (code.startsWith("{{")) return { kind: "output", start: place, end, name: "" };
  if (code.startsWith("{#")) return { kind: "note", start: place, end, name: "" };
  return { kind: "statement", start: place, end, name: WORD.exec(code)?.[1] ?? "" };
}

function ofTag(text: string, place: number): Token | null {
  TAG.lastIndex = place;
  const found = TAG.exec(text);
  const end = found ? tagEnd(text, place + found[0].length) : -1;
  if (!found || end < 0) return null;
  const closes = Boolean(found[1]);
  const kind = closes ? "close" : text[end - 2] === "/" ? "void" : "open";
  return { kind, start: place, end, name: found[2]!.toLowerCase() };
}

/** Where a tag ends; quotes and template code in it are skipped. */
function tagEnd(text: string, from: number): number {
  let quote = "";
  for (let place = from; place < text.length; place += 1) {
    const code = codeAt(text, place);
    const letter = text[place]!;
    if (code) place += code.length - 1;
    else if (quote) quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === ">") return place + 1;
    else if (letter === "<") return -1;
  }
  return -1;
}
