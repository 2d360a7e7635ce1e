// Edits of the flow: each takes a text and gives a text. What must stay is where every way leads;
// steps are put where they read well, and a target is written out only where order alone would lie.
import { parse } from "yaml";
import {
  END,
  ENTER,
  blank,
  byId,
  freshId,
  isMapping,
  resolve,
  stepsOf,
  text as asText,
  waysOf,
} from "./steps";
import type { Kind, Step, Way } from "./steps";
import { read, setAt, stepPieces, stepText, withPieces, type Mapping, type Plain } from "./tree";

export interface Edited {
  text: string;
  /** The step to select next, if there is one. */
  select: string | null;
}

interface Flow {
  steps: Step[];
  ways: Way[];
  pieces: string[];
  column: number;
}

/** Where each way of each step should lead, by the way's key. */
type Intent = Map<string, string>;

function flow(text: string): Flow {
  const steps = stepsOf(read(text).data);
  const { pieces, column } = stepPieces(text);
  return { steps, ways: waysOf(steps), pieces, column };
}

function intents(ways: Way[]): Intent {
  return new Map(
    ways
      .filter((way) => way.exit && !way.exit.fixed && way.to !== null)
      .map((way) => [way.key, way.to!]),
  );
}

/** Write targets out wherever the order of the steps does not lead there by itself. */
function settle(text: string, wanted: Intent): string {
  let settled = text;
  for (let round = 0; round < 3; round++) {
    const steps = stepsOf(read(settled).data);
    const keys = byId(steps);
    let changed = false;
    for (const step of steps) {
      for (const exit of step.exits) {
        const target = wanted.get(`${step.key}>${exit.key}`);
        if (
          target === undefined ||
          exit.fixed ||
          resolve(steps, keys, step.index, exit.written) === target
        )
          continue;
        settled = setAt(settled, ["steps", step.index, ...exit.path], target);
        changed = true;
      }
    }
    if (!changed) break;
  }
  return settled;
}

function idsIn(steps: Step[]): Set<string> {
  return new Set(steps.map((step) => step.id));
}

/** The position at which a new step disturbs the order least. */
function seat(steps: Step[], ways: Way[], way: Way): number {
  if (way.from === ENTER) return 0;
  const source = steps.find((step) => step.key === way.from)!;
  const falls = (step: Step | undefined) =>
    step !== undefined && step.exits.some((exit) => !exit.written);
  const alone = source.exits.filter((exit) => !exit.written).length === 1;
  if (way.exit && !way.exit.written && alone) return source.index + 1;
  const target = steps.find((step) => step.key === way.to);
  const inwards = ways.filter((each) => each.to === way.to).length;
  if (target && inwards === 1 && !falls(steps[target.index - 1])) return target.index;
  return target && target.index > source.index && !falls(steps[target.index - 1])
    ? target.index
    : behind(steps, source, falls);
}

function behind(steps: Step[], source: Step, falls: (step: Step | undefined) => boolean): number {
  for (let index = source.index; index < steps.length; index++)
    if (!falls(steps[index])) return index + 1;
  return steps.length;
}

/** Put pieces of text in as steps on a way, the first reached by it, open ways leading on. */
function place(text: string, wayKey: string, added: string[], open: Intent, first: string): string {
  const { steps, ways, pieces } = flow(text);
  const way = ways.find((each) => each.key === wayKey) ?? ways[0]!;
  const wanted = intents(ways);
  for (const [key, target] of open) wanted.set(key, target === NEXT ? (way.to ?? END) : target);
  if (way.exit) wanted.set(way.key, first);
  const index = steps.length === 0 ? 0 : seat(steps, ways, way);
  const order = [...pieces.slice(0, index), ...added, ...pieces.slice(index)];
  return settle(withPieces(text, order), wanted);
}

const NEXT = "\0next";

export function insert(text: string, wayKey: string, kind: Kind): Edited {
  const { steps, column } = flow(text);
  const id = freshId(kind === "leave" ? "exit" : kind, idsIn(steps));
  const raw = blank(kind, id);
  const open: Intent = new Map();
  const [step] = stepsOf({ steps: [raw] });
  for (const exit of step?.exits ?? []) open.set(`${id}>${exit.key}`, exit.written || NEXT);
  return { text: place(text, wayKey, [stepText(raw, column)], open, id), select: id };
}

/** The way that customers take on if a step is gone. */
function onwards(step: Step, ways: Way[]): string {
  const out = ways.filter((way) => way.from === step.key && !way.exit?.fixed);
  const main = step.kind === "branch" || step.kind === "wait_for" ? out.at(-1) : out[0];
  return main?.to ?? END;
}

/** Without these steps: who came to them goes where they led. */
export function remove(text: string, keys: string[]): Edited {
  const { steps, ways, pieces } = flow(text);
  const gone = new Set(keys);
  const after = (key: string, seen: Set<string>): string => {
    const step = steps.find((each) => each.key === key);
    if (!step || !gone.has(key) || seen.has(key)) return gone.has(key) ? END : key;
    return after(onwards(step, ways), seen.add(key));
  };
  const wanted = intents(ways);
  for (const [key, target] of wanted) wanted.set(key, after(target, new Set()));
  for (const key of wanted.keys()) if (gone.has(key.split(">")[0]!)) wanted.delete(key);
  const start = steps[0] && gone.has(steps[0].key) ? after(steps[0].key, new Set()) : null;
  const kept = steps.filter((step) => !gone.has(step.key));
  const lead = kept.findIndex((step) => step.key === start);
  if (lead > 0) kept.unshift(...kept.splice(lead, 1));
  const left = settle(
    withPieces(
      text,
      kept.map((step) => pieces[step.index]!),
    ),
    wanted,
  );
  return { text: left, select: neighbour(steps, ways, keys, after) };
}

function neighbour(
  steps: Step[],
  ways: Way[],
  keys: string[],
  after: (key: string, seen: Set<string>) => string,
): string | null {
  const first = keys[0];
  if (!first) return null;
  const before = ways.find((way) => way.to === first && !keys.includes(way.from))?.from;
  const next = after(first, new Set());
  return before && before !== ENTER
    ? before
    : steps.some((step) => step.key === next)
      ? next
      : ENTER;
}

/** Steps as text that stands alone: every way that leaves them in another order is written out. */
export function copy(text: string, keys: string[]): string {
  const { steps, ways, pieces, column } = flow(text);
  const chosen = steps.filter((step) => keys.includes(step.key));
  const inside = chosen.map((step) => dedented(pieces[step.index]!, column));
  const wanted = intents(ways);
  for (const key of wanted.keys()) if (!keys.includes(key.split(">")[0]!)) wanted.delete(key);
  return settle(`steps:\n${inside.join("")}`, wanted).replace(/^steps:\n/, "");
}

function dedented(piece: string, by: number): string {
  return by ? piece.replace(new RegExp(`^ {1,${by}}`, "gm"), "") : piece;
}

/** The steps that a text from the clipboard holds, or null when it holds none. */
export function pasted(clip: string): Mapping[] | null {
  try {
    const value: Plain = parse(clip);
    const steps = isMapping(value) ? value.steps : value;
    if (!Array.isArray(steps) || steps.length === 0) return null;
    return steps.every((step) => isMapping(step) && stepsOf({ steps: [step] })[0]?.kind)
      ? (steps as Mapping[])
      : null;
  } catch {
    return null;
  }
}

/** Put copied steps on a way, under ids of their own; what led out of them leads on. */
export function paste(text: string, wayKey: string, clip: string): Edited | null {
  if (!pasted(clip)) return null;
  const { steps, column } = flow(text);
  const taken = idsIn(steps);
  const alone = clip.trimStart().startsWith("steps:") ? clip : `steps:\n${ended(clip)}`;
  const copied = stepsOf(read(alone).data);
  const names = new Map<string, string>();
  for (const step of copied) {
    const id = freshId(step.id || step.kind, taken);
    taken.add(id);
    names.set(step.key, id);
  }
  const open: Intent = new Map();
  for (const way of waysOf(copied)) {
    if (!way.exit || way.exit.fixed) continue;
    const target = way.to && names.get(way.to);
    open.set(
      `${names.get(way.from)}>${way.exit.key}`,
      target ?? (way.exit.written === END ? END : NEXT),
    );
  }
  let renamed = alone;
  for (const step of copied)
    renamed = setAt(renamed, ["steps", step.index, "id"], names.get(step.key)!);
  const own = stepPieces(renamed);
  const added = own.pieces.map((piece) => shifted(piece, column - own.column));
  const first = names.get(copied[0]!.key)!;
  return { text: place(text, wayKey, added, open, first), select: first };
}

function ended(piece: string): string {
  return piece.endsWith("\n") ? piece : `${piece}\n`;
}

function shifted(piece: string, by: number): string {
  if (by < 0) return dedented(piece, -by);
  return piece.replace(/^(?=[^\n])/gm, " ".repeat(by));
}

/** The way on which a copy of a step, or what is pasted after it, belongs. */
export function wayAfter(steps: Step[], ways: Way[], key: string): string {
  const step = steps.find((each) => each.key === key);
  if (!step) return ways[0]?.key ?? `${ENTER}>`;
  const out = ways.filter((way) => way.from === key && !way.exit?.fixed);
  const main = step.kind === "branch" || step.kind === "wait_for" ? out.at(-1) : out[0];
  return (main ?? ways.find((way) => way.to === key) ?? ways[0])!.key;
}

/** Take steps from where they are and put them on another way, under their own ids. */
export function move(text: string, keys: string[], wayKey: string): Edited | null {
  const owner = wayKey.split(">")[0]!;
  if (keys.includes(owner)) return null;
  const clip = copy(text, keys);
  const before = flow(text);
  const way = before.ways.find((each) => each.key === wayKey);
  if (way?.to && keys[0] === way.to) return null;
  return paste(remove(text, keys).text, wayKey, clip);
}

/** Let a way lead to another step. */
export function connect(text: string, wayKey: string, target: string): string {
  const { steps, ways } = flow(text);
  const way = ways.find((each) => each.key === wayKey);
  if (!way?.exit || way.exit.fixed) return text;
  const step = steps.find((each) => each.key === way.from)!;
  return setAt(text, ["steps", step.index, ...way.exit.path], target);
}

/** Give a step another id, and every way to it too. */
export function rename(text: string, key: string, id: string): string {
  const { steps } = flow(text);
  const step = steps.find((each) => each.key === key);
  if (!step) return text;
  let renamed = setAt(text, ["steps", step.index, "id"], id);
  for (const other of steps) {
    for (const exit of other.exits) {
      const place = ["steps", other.index, ...exit.path];
      if (exit.written === step.id && step.key === step.id && isWritten(renamed, place))
        renamed = setAt(renamed, place, id);
    }
  }
  return renamed;
}

function isWritten(text: string, place: (string | number)[]): boolean {
  let found: Plain | undefined = read(text).data;
  for (const key of place)
    found =
      isMapping(found) || Array.isArray(found) ? (found as Mapping)[key as string] : undefined;
  return asText(found) !== "";
}
