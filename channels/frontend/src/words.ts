// The editor's words: those that every script has.
export * from "../../../profiles/frontend/words";

/** A text of the catalogue that is said later, by `t`. */
export function say(text: string): string {
  return text;
}
