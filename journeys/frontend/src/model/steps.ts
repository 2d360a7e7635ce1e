// The steps of a document as a reader sees them: their kinds, their ways out, and where those lead.
// Works on drafts: what is missing is left out, what leads nowhere leads to null.
import { at, type Mapping, type Path, type Plain } from "./tree";

export const KINDS = [
  "send",
  "wait",
  "wait_for",
  "branch",
  "split",
  "update",
  "call",
  "enroll",
  "leave",
] as const;
export type Kind = (typeof KINDS)[number];
export const END = "end";
export const ENTER = "enter";

/** What a way out is called: an event, a condition, an arm, or one of a few words. */
export type Label =
  | { kind: "none" }
  | { kind: "event"; event: string }
  | { kind: "if"; condition: Plain; path: string }
  | { kind: "arm"; arm: string; share: number; ghost: boolean }
  | { kind: "word"; word: "else" | "time-out" | "failed" | "date has passed"; after?: string };

/**
 * A way out. `path` is where its target is written, seen from the step; `fixed` cannot lead
 * elsewhere.
 */
export interface Exit {
  key: string;
  path: Path;
  written: string;
  label: Label;
  fixed?: boolean;
  /** Leads past the step that follows. */
  skips?: boolean;
}

export interface Step {
  /** The id, or the position of a step without one of its own. */
  key: string;
  id: string;
  index: number;
  kind: Kind | "";
  raw: Mapping;
  exits: Exit[];
}

export function isMapping(value: Plain | undefined): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(value: Plain | undefined): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function list(value: Plain | undefined): Plain[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

export function stepsOf(data: Mapping): Step[] {
  const seen = new Set<string>();
  return (Array.isArray(data.steps) ? data.steps : []).map((given, index) => {
    const raw = isMapping(given) ? given : {};
    const id = text(raw.id);
    const key = id && !seen.has(id) && id !== END && id !== ENTER ? id : `#${index}`;
    seen.add(id);
    const kind = KINDS.find((each) => each in raw) ?? "";
    return { key, id, index, kind, raw, exits: kind ? EXITS[kind](raw, index) : [then(raw)] };
  });
}

function then(raw: Mapping, label: Label = { kind: "none" }): Exit {
  return { key: "then", path: ["then"], written: text(raw.then), label };
}

type Exits = (raw: Mapping, index: number) => Exit[];

const EXITS: Record<Kind, Exits> = {
  wait: (raw) => {
    const skips = isMapping(raw.wait) && raw.wait.if_past === "skip";
    const past: Exit = {
      ...then(raw, { kind: "word", word: "date has passed" }),
      key: "past",
      skips: true,
      fixed: true,
    };
    return skips ? [then(raw), past] : [then(raw)];
  },
  send: (raw) => [then(raw)],
  update: (raw) => [then(raw)],
  enroll: (raw) => [then(raw)],
  leave: () => [],
  call: (raw) => {
    const target = text(at(raw, ["call", "on_error"]));
    if (["", "continue", "leave"].includes(target)) return [then(raw)];
    return [
      then(raw),
      {
        key: "on_error",
        path: ["call", "on_error"],
        written: target,
        label: { kind: "word", word: "failed" },
      },
    ];
  },
  branch: (raw, index) => [
    ...list(raw.branch).map((line, number): Exit => {
      const label: Label = {
        kind: "if",
        condition: at(line, ["if"]) ?? null,
        path: `steps/${index}/branch/${number}/if`,
      };
      return {
        key: `branch.${number}`,
        path: ["branch", number, "then"],
        written: text(at(line, ["then"])),
        label,
      };
    }),
    {
      ...then(raw, { kind: "word", word: "else" }),
      ...("then" in raw ? {} : { path: ["else"], written: text(raw.else) }),
      key: "else",
    },
  ],
  split: (raw) =>
    list(raw.split).map((arm, number): Exit => {
      const share = at(arm, ["share"]);
      const label: Label = {
        kind: "arm",
        arm: text(at(arm, ["arm"])),
        share: typeof share === "number" ? share : 0,
        ghost: at(arm, ["ghost"]) === true,
      };
      return {
        key: `split.${number}`,
        path: ["split", number, "then"],
        written: text(at(arm, ["then"])) || text(raw.then),
        label,
      };
    }),
  wait_for: (raw, index) => {
    const body = isMapping(raw.wait_for) ? raw.wait_for : {};
    const found = [
      ...list(body.any).map((line, number) =>
        awaited(raw, line, index, ["wait_for", "any", number]),
      ),
    ];
    if ("if" in body) {
      const label: Label = {
        kind: "if",
        condition: body.if ?? null,
        path: `steps/${index}/wait_for/if`,
      };
      found.push({ key: "if", path: ["then"], written: text(raw.then), label });
    }
    if (body.timeout === "never") return found;
    const label: Label = { kind: "word", word: "time-out", after: text(body.timeout) };
    found.push({
      key: "timeout",
      path: ["wait_for", "then"],
      written: text(body.then) || text(raw.then),
      label,
    });
    return found;
  },
};

function awaited(raw: Mapping, line: Plain, index: number, path: (string | number)[]): Exit {
  const event = text(at(line, ["event"]));
  const condition = at(line, ["if"]);
  const label: Label =
    condition === undefined
      ? { kind: "event", event }
      : { kind: "if", condition, path: `steps/${index}/${path.join("/")}/if` };
  return {
    key: path.slice(1).join("."),
    path: [...path, "then"],
    written: text(at(line, ["then"])) || text(raw.then),
    label,
  };
}

/**
 * A way from one step to the next. `to` is a step's key, END, or null when there is no such
 * step.
 */
export interface Way {
  key: string;
  from: string;
  to: string | null;
  exit: Exit | null;
}

export function waysOf(steps: Step[]): Way[] {
  const keys = byId(steps);
  const found: Way[] = [{ key: `${ENTER}>`, from: ENTER, to: steps[0]?.key ?? END, exit: null }];
  for (const step of steps) for (const exit of step.exits) found.push(way(steps, keys, step, exit));
  return found;
}

function way(steps: Step[], keys: Map<string, string>, step: Step, exit: Exit): Way {
  const to = resolve(steps, keys, step.index, exit.written);
  const past =
    exit.skips && to !== null && to !== END ? steps.find((each) => each.key === to) : undefined;
  return {
    key: `${step.key}>${exit.key}`,
    from: step.key,
    to: past ? (steps[past.index + 1]?.key ?? END) : to,
    exit,
  };
}

export function byId(steps: Step[]): Map<string, string> {
  return new Map(
    steps.filter((step) => step.id && step.key === step.id).map((step) => [step.id, step.key]),
  );
}

export function resolve(
  steps: Step[],
  keys: Map<string, string>,
  index: number,
  written: string,
): string | null {
  if (!written) return steps[index + 1]?.key ?? END;
  return written === END ? END : (keys.get(written) ?? null);
}

/** The steps that can be reached from the start without passing `without`. */
export function reached(ways: Way[], start: string, without = ""): Set<string> {
  const found = new Set<string>();
  const waiting = [start];
  while (waiting.length > 0) {
    const key = waiting.pop()!;
    if (found.has(key) || key === without || key === END) continue;
    found.add(key);
    for (const each of ways) if (each.from === key && each.to) waiting.push(each.to);
  }
  return found;
}

/** A step and the steps that customers reach through it alone, in document order. */
export function subtree(steps: Step[], ways: Way[], key: string): string[] {
  const others = reached(ways, ENTER, key);
  const below = reached(ways, key);
  return steps
    .map((step) => step.key)
    .filter((each) => below.has(each) && (each === key || !others.has(each)));
}

/** Words that mean something where a step could be named. */
const RESERVED = [END, ENTER, "leave", "continue", "stay"];

export function freshId(wanted: string, taken: Set<string>): string {
  const base = wanted.replace(/_\d+$/, "") || "step";
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(id) && !RESERVED.includes(id)) return id;
  }
}

/** A new step of a kind, as it begins. */
export function blank(kind: Kind, id: string): Mapping {
  return { id, ...BLANK[kind] };
}

const BLANK: Record<Kind, Mapping> = {
  send: { send: { channel: "email", subject: "", text: "" } },
  wait: { wait: "1d" },
  wait_for: { wait_for: { any: [{ event: "", then: END }], timeout: "1d" } },
  branch: { branch: [{ if: { attribute: "", exists: true }, then: END }] },
  split: {
    split: [
      { arm: "A", share: 50 },
      { arm: "B", share: 50 },
    ],
  },
  update: { update: { set: {} } },
  call: { call: { url: "https://" } },
  enroll: { enroll: "" },
  leave: { leave: "" },
};
