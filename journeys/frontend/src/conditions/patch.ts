// A condition's text with another value: what did not change keeps its lines and comments.
import { Document, isMap, isSeq, parseDocument } from "yaml";
import { node, type Plain } from "../model/tree";
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
  const changed = document.toString(WRITE);
  return difference(valueOf(changed), value) ? fresh(value, "") : changed;
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
