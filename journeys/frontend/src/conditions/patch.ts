// A condition's text with another value: what did not change keeps its lines and comments.
import { Document, isCollection, isMap, isSeq, parseDocument } from "yaml";
import { node, SHORT, type Path, type Plain } from "../model/tree";
import { difference } from "./smallest";

const WRITE = { lineWidth: 0, flowCollectionPadding: false, indentSeq: true } as const;

/** The value that a text says; undefined while it cannot be read. */
export function valueOf(text: string): Plain | undefined {
  const document = parseDocument(text);
  return document.errors.length > 0 ? undefined : (document.toJS() as Plain);
}

export function patched(text: string, value: Plain): string {
  const document = parseDocument(text);
  const now = document.errors.length > 0 ? undefined : (document.toJS() as Plain);
  const found = difference(now, value);
  if (!found) return text;
  if (found.path.length === 0) return fresh(value, text);
  if (found.value === undefined) document.deleteIn(found.path);
  else document.setIn(found.path, node(document, found.value, false));
  unfold(document, parseDocument(text), found.path);
  const changed = document.toString(WRITE);
  return difference(valueOf(changed), value) ? fresh(value, "") : changed;
}

/** What became too long for one line, or was empty, goes on below each other. */
function unfold(document: Document, before: Document, path: Path): void {
  for (let depth = 0; depth <= path.length; depth++) {
    const place = path.slice(0, depth);
    const [now, was] = [document.getIn(place, true), before.getIn(place, true)];
    if (!isCollection(now) || !isCollection(was) || !now.flow) continue;
    const size = (each: typeof now) => JSON.stringify(each.toJSON()).length;
    const filled = was.items.length === 0 && now.items.length > 0;
    if (filled || (size(now) > SHORT && size(was) <= SHORT)) now.flow = false;
  }
}

/** The rules below each other, each on a line of its own where it is short. */
function fresh(value: Plain, before: string): string {
  const document = new Document(null);
  const made = node(document, value, true);
  document.contents = made as never;
  const comment = /^(?:[ \t]*#.*\n)*/.exec(before)?.[0] ?? "";
  const list = isMap(made) && made.items[0]?.value;
  if (isSeq(list)) list.flow = list.items.length === 0;
  return comment + document.toString(WRITE);
}
