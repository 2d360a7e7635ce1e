// What is shown beside the document: numbers, problems, what is found, what a plan changes.
import { createContext, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { Editor } from "./editor";
import { withGone, type Drawn } from "./model/ghosts";
import { byPlace } from "./model/problems";
import { END, ENTER, reached, type Step } from "./model/steps";
import { notesOf } from "./model/notes";
import type { Change, Overlay } from "./overlay";
import type { Numbers, Problem } from "./server";
import { titleOf } from "./summary";

/** Which numbers are shown; `own` while somebody chooses the days one by one. */
export interface Scope {
  version: string;
  since: string;
  until: string;
  own: boolean;
}

export interface Asked {
  way: string;
  x: number;
  y: number;
}

export type Zoom = "in" | "out" | "fit";

export interface Show {
  numbers: boolean;
  percent: boolean;
  figures: Numbers | null;
  walked: Map<string, Walked>;
  most: number;
  drawn: Drawn;
  walk: Overlay["walk"];
  places: Map<string, Problem[]>;
  notes: Map<string, string>;
  found: Set<string>;
  changes: Map<string, Change>;
  unreached: Set<string>;
  tabStop: string;
  ask(way: string, beside: Element): void;
  onZoom(zoom: (how: Zoom) => void): void;
}

/** How many took a way, of how many who went on from there. */
export interface Walked {
  customers: number;
  of: number;
  url: string;
}

export const Shown = createContext<Show | null>(null);

export function useShow(): Show {
  const show = useContext(Shown);
  if (!show) throw new Error("There is nothing shown here.");
  return show;
}

const EVERY = 15_000;

/** The figures of the live version, asked for again every 15 seconds while somebody looks. */
export function useNumbers(editor: Editor, scope: Scope): Numbers | null {
  const [figures, setFigures] = useState<Numbers | null>(null);
  const tag = useRef("");
  const live = editor.state.version;
  const { version, since, until } = scope;
  useEffect(() => {
    if (live === null) return undefined;
    tag.current = "";
    const asked = Object.entries({ version, since, until }).filter(([, value]) => value);
    const query = asked.length > 0 ? `?${new URLSearchParams(asked)}` : "";
    let asking: AbortController | null = null;
    const look = async () => {
      if (document.visibilityState !== "visible") return;
      asking?.abort();
      const mine = (asking = new AbortController());
      try {
        const answer = await editor.server.numbers(tag.current, query, mine.signal);
        if (!answer || mine.signal.aborted) return;
        tag.current = answer.tag;
        setFigures(answer.found);
      } catch {
        // The last ones stand, but never those of other days or another version.
        if (!mine.signal.aborted && tag.current === "") setFigures(null);
      }
    };
    void look();
    const timer = setInterval(() => void look(), EVERY);
    return () => {
      asking?.abort();
      clearInterval(timer);
    };
  }, [live, version, since, until, editor.server]);
  return figures;
}

/** How many took each way; several ways between the same two steps cannot be told apart. */
export function walkedWays(editor: Editor, figures: Numbers | null): Map<string, Walked> {
  const counted = new Map(figures?.ways.map((each) => [`${each.from}~${each.to}`, each]));
  const went = new Map<string, number>();
  for (const each of figures?.ways ?? [])
    went.set(each.from, (went.get(each.from) ?? 0) + each.customers);
  const found = new Map<string, Walked>();
  const taken = new Set<string>();
  for (const way of editor.ways) {
    const pair = `${way.from === ENTER ? "" : idOf(editor.steps, way.from)}~${way.to === END ? END : idOf(editor.steps, way.to ?? "")}`;
    const number = counted.get(pair);
    if (number && !taken.has(pair))
      found.set(way.key, { ...number, of: went.get(number.from) ?? 0 });
    taken.add(pair);
  }
  return found;
}

function idOf(steps: Step[], key: string): string {
  return steps.find((step) => step.key === key)?.id ?? "";
}

export function useShown(
  editor: Editor,
  options: {
    numbers: boolean;
    percent: boolean;
    search: string;
    scope: Scope;
    overlay: Overlay | null;
    ask(way: string, beside: Element): void;
  },
): Show {
  const { overlay } = options;
  const live = useNumbers(editor, options.scope);
  const figures = overlay?.figures ?? live;
  const zoom = useRef<(how: Zoom) => void>(() => undefined);
  const walked = options.numbers ? walkedWays(editor, figures) : new Map<string, Walked>();
  const inside = reached(editor.ways, ENTER);
  const before = overlay?.before ?? null;
  const drawn = useMemo(
    () => withGone(editor.steps, editor.ways, before),
    [editor.steps, editor.ways, before],
  );
  return {
    numbers: options.numbers,
    percent: options.percent,
    figures,
    walked,
    drawn,
    walk: overlay?.walk,
    changes: overlay?.changes ?? new Map<string, Change>(),
    ask: options.ask,
    most: Math.max(0, ...[...walked.values()].map((each) => each.customers)),
    places: byPlace(editor.problems, editor.steps),
    notes: notesOf(editor.text, editor.steps),
    found: search(editor, options.search),
    unreached: new Set(editor.steps.map((step) => step.key).filter((key) => !inside.has(key))),
    tabStop: editor.selected ?? ENTER,
    onZoom: (how) => {
      zoom.current = how;
    },
    get zoom() {
      return zoom.current;
    },
  } as Show & { zoom(how: Zoom): void };
}

export function search(editor: Editor, words: string): Set<string> {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return new Set();
  const says = (step: Step) =>
    `${step.id} ${titleOf(step, editor.boot)} ${JSON.stringify(step.raw)}`.toLowerCase();
  return new Set(
    editor.steps.filter((step) => says(step).includes(wanted)).map((step) => step.key),
  );
}
