// What was, so that it can be again: texts, a hundred deep. Typing into one field is one change.
export interface Moment {
  text: string;
  select: string | null;
}

export interface History {
  past: Moment[];
  now: Moment;
  future: Moment[];
  /** The field last typed into, and when. */
  field: string;
  at: number;
}

export const DEEP = 100;
const TOGETHER = 1000;

export function begin(text: string): History {
  return { past: [], now: { text, select: null }, future: [], field: "", at: 0 };
}

/** The next state; with a `field`, changes of it within a second of each other are one. */
export function change(
  history: History,
  text: string,
  select: string | null,
  field = "",
  at = 0,
): History {
  if (text === history.now.text) return { ...history, now: { text, select } };
  const goesOn = field !== "" && field === history.field && at - history.at < TOGETHER;
  const past = goesOn ? history.past : [...history.past, history.now].slice(-DEEP);
  return { past, now: { text, select }, future: [], field, at };
}

export function undo(history: History): History {
  const before = history.past.at(-1);
  if (!before) return history;
  return {
    past: history.past.slice(0, -1),
    now: before,
    future: [history.now, ...history.future],
    field: "",
    at: 0,
  };
}

export function redo(history: History): History {
  const [next, ...future] = history.future;
  if (!next) return history;
  return { past: [...history.past, history.now], now: next, future, field: "", at: 0 };
}
