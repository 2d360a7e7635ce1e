// A placeholder put into a text.

/** What stands for a name in a text; where it is empty for some, with what to say to them. */
export function placeholderOf(item: { name: string; filled?: number }): string {
  const { name, filled = 100 } = item;
  return `{{ ${name}${filled < 100 ? "|default('')" : ""} }}`;
}

/** The text with a piece in the place of what is marked, and where the writer stands then. */
export function inserted(
  text: string,
  start: number,
  end: number,
  piece: string,
): { text: string; caret: number } {
  return { text: text.slice(0, start) + piece + text.slice(end), caret: start + piece.length };
}
