// The editor's state: one text with its history, what is selected, and how far the server knows it.
import { createContext, useCallback, useContext, useMemo, useRef, useState } from "react";
import * as edits from "./model/edits";
import { begin, change, redo, undo, type History } from "./model/history";
import { ENTER, stepsOf, subtree, waysOf, type Kind, type Step, type Way } from "./model/steps";
import { read, setAt, type Mapping, type Path, type Plain } from "./model/tree";
import type { Boot, Conflict, Problem, Server, State } from "./server";
import { useSaver, type Saving } from "./saver";

export interface Editor {
  server: Server;
  boot: Boot;
  text: string;
  data: Mapping;
  steps: Step[];
  ways: Way[];
  fault: { message: string; line: number } | null;
  selected: string | null;
  chosen: string[];
  canUndo: boolean;
  canRedo: boolean;
  state: State;
  saving: Saving;
  refusal: string;
  conflict: Conflict | null;
  problems: Problem[];
  sentences: Record<string, string>;
  clip: string;
  locked: boolean;
  select(key: string | null, more?: boolean): void;
  edit(path: Path, value: Plain | undefined): void;
  type(text: string): void;
  insert(way: string, kind: Kind): void;
  remove(keys: string[]): void;
  duplicate(key: string): void;
  copy(keys: string[], cut?: boolean): void;
  paste(way: string, clip: string): boolean;
  move(key: string, way: string): void;
  connect(way: string, target: string): void;
  rename(key: string, id: string): void;
  undo(): void;
  redo(): void;
  save(): Promise<void>;
  settle(how: "reload" | "overwrite"): void;
  adopt(state: State): void;
  restore(version: number): Promise<void>;
  branchOf(key: string): string[];
}

export const Held = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const editor = useContext(Held);
  if (!editor) throw new Error("There is no editor here.");
  return editor;
}

export function useJourney(server: Server): Editor {
  const boot = server.boot;
  const [history, setHistory] = useState<History>(() => begin(boot.document));
  const [chosen, setChosen] = useState<string[]>([]);
  const [clip, setClip] = useState("");
  const { text } = history.now;
  const selected = history.now.select;
  const model = useModel(text);
  const saver = useSaver(server, text, model.fault !== null);
  const locked = !boot.mayChange || saver.conflict !== null;

  const apply = useCallback(
    (next: edits.Edited | null) => {
      if (!next || locked) return;
      setHistory((now) => change(now, next.text, next.select));
      setChosen(next.select ? [next.select] : []);
    },
    [locked],
  );
  const select = useCallback((key: string | null, more = false) => {
    setHistory((now) =>
      now.now.select === key ? now : { ...now, now: { ...now.now, select: key } },
    );
    setChosen((now) => (key === null ? [] : more ? [...new Set([...now, key])] : [key]));
  }, []);
  const edit = useCallback(
    (path: Path, value: Plain | undefined) => {
      if (locked) return;
      setHistory((now) =>
        change(now, setAt(now.now.text, path, value), now.now.select, path.join("."), Date.now()),
      );
    },
    [locked],
  );
  const branchOf = (key: string) => subtree(model.steps, model.ways, key);

  const copy = (keys: string[], cut = false) => {
    const copied = edits.copy(text, keys);
    setClip(copied);
    void navigator.clipboard?.writeText(copied).catch(() => undefined);
    if (cut) apply(edits.remove(text, keys));
  };
  const paste = (way: string, from: string) => {
    const next = edits.paste(text, way, from);
    apply(next);
    return next !== null;
  };

  return {
    server,
    boot,
    text,
    ...model,
    selected,
    chosen,
    locked,
    clip,
    ...saver,
    select,
    edit,
    copy,
    paste,
    branchOf,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    type: (typed) => {
      if (!locked) setHistory((now) => change(now, typed, now.now.select, "text", Date.now()));
    },
    insert: (way, kind) => apply(edits.insert(text, way, kind)),
    remove: (keys) => {
      if (keys.length > 0) apply(edits.remove(text, keys));
    },
    duplicate: (key) => {
      const keys = branchOf(key);
      apply(
        edits.paste(
          text,
          edits.wayAfter(model.steps, model.ways, key),
          edits.copy(text, keys.slice(0, 1)),
        ),
      );
    },
    move: (key, way) => apply(edits.move(text, branchOf(key), way)),
    connect: (way, target) => apply({ text: edits.connect(text, way, target), select: selected }),
    rename: (key, id) => apply({ text: edits.rename(text, key, id), select: id }),
    undo: () => {
      if (!locked) setHistory(undo);
    },
    redo: () => {
      if (!locked) setHistory(redo);
    },
    restore: async (version) => {
      const restored = await saver.restore(version);
      setHistory((now) => change(now, restored, ENTER));
    },
    settle: (how) => {
      if (how === "reload" && saver.conflict)
        setHistory((now) => change(now, saver.conflict!.document, ENTER));
      saver.yield(how);
    },
  };
}

interface Model {
  data: Mapping;
  steps: Step[];
  ways: Way[];
  fault: { message: string; line: number } | null;
}

/** The text as data; while it cannot be read, what it was when it last could. */
function useModel(text: string): Model {
  const last = useRef<Model | null>(null);
  return useMemo(() => {
    const found = read(text);
    if (found.fault && last.current)
      return { ...last.current, fault: { message: found.fault, line: found.line } };
    const steps = stepsOf(found.data);
    const fault = found.fault ? { message: found.fault, line: found.line } : null;
    last.current = { data: found.data, steps, ways: waysOf(steps), fault };
    return last.current;
  }, [text]);
}
