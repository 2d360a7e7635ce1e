// Notes on steps are the comments above them: whoever opens the file reads them too.
import { stepPieces, withPieces } from "./tree";
import { stepSpans } from "./spans";
import type { Step } from "./steps";

/** The note above each step that has one, by the step's key. */
export function notesOf(text: string, steps: Step[]): Map<string, string> {
  const found = new Map<string, string>();
  const spans = text.includes("#") ? stepSpans(text) : null;
  spans?.forEach((span, index) => {
    const note = noteIn(text.slice(span.start, span.end));
    const step = steps[index];
    if (note && step) found.set(step.key, note);
  });
  return found;
}

function above(piece: string): [string[], string[]] {
  const lines = piece.split("\n");
  const first = lines.findIndex((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  return [lines.slice(0, first), lines.slice(first)];
}

function noteIn(piece: string): string {
  const [lines] = above(piece);
  return lines
    .filter((line) => line.trim().startsWith("#"))
    .map((line) => line.trim().replace(/^#+ ?/, ""))
    .join("\n");
}

/** The text with another note above a step; an empty one goes. */
export function withNote(text: string, index: number, note: string): string {
  const { pieces, column } = stepPieces(text);
  const piece = pieces[index];
  if (piece === undefined) return text;
  const [lines, step] = above(piece);
  const blank = lines.filter((line) => line.trim() === "");
  const written =
    note === "" ? [] : note.split("\n").map((line) => `${" ".repeat(column)}# ${line}`.trimEnd());
  const changed = [...blank, ...written, ...step].join("\n");
  return withPieces(
    text,
    pieces.map((each, at) => (at === index ? changed : each)),
  );
}
