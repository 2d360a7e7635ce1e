// A document beside an older one: what has gone is drawn once more, where it stood.
import { END, ENTER, stepsOf, waysOf, type Step, type Way } from "./steps";
import { read } from "./tree";

const GONE = "gone:";

export interface Drawn {
  steps: Step[];
  ways: Way[];
  /** The keys of the steps and ways that are there no more. */
  gone: Set<string>;
  /** The keys of the ways that were not there before. */
  fresh: Set<string>;
}

/** What is there now and, with an older text, what is there no more. */
export function withGone(steps: Step[], ways: Way[], before: string | null): Drawn {
  const found: Drawn = { steps, ways, gone: new Set(), fresh: new Set() };
  const older = before === null ? null : read(before);
  if (!older || older.fault) return found;
  const old = stepsOf(older.data);
  const now = new Map(steps.filter((step) => step.id).map((step) => [step.id, step.key]));
  const places = new Map(old.map((step) => [step.key, now.get(step.id) ?? GONE + step.key]));
  const place = (key: string | null) =>
    key === null || key === END || key === ENTER ? key : places.get(key)!;
  const pair = (from: string, to: string | null) => `${from}~${to}`;
  const led = waysOf(old).map((way) => ({
    ...way,
    key: GONE + way.key,
    from: place(way.from)!,
    to: place(way.to),
  }));
  const had = new Set(led.map((way) => pair(way.from, way.to)));
  const leads = new Set(ways.map((way) => pair(way.from, way.to)));
  const ghosts = old
    .filter((step) => places.get(step.key)!.startsWith(GONE))
    .map((step) => ({ ...step, key: places.get(step.key)! }));
  const lost = led.filter((way) => !leads.has(pair(way.from, way.to)));
  return {
    steps: [...steps, ...ghosts],
    ways: [...ways, ...lost],
    gone: new Set([...ghosts, ...lost].map((each) => each.key)),
    fresh: new Set(ways.filter((way) => !had.has(pair(way.from, way.to))).map((way) => way.key)),
  };
}
