// What a window beside the canvas lays over it: another text, what has gone, other figures, a walk.
import { useMemo } from "react";
import type { Editor } from "./editor";
import { stepsOf, waysOf } from "./model/steps";
import { read } from "./model/tree";
import type { Numbers } from "./server";

export interface Change {
  change: "added" | "changed" | "removed" | "same";
  standing: number;
  goes?: string;
}

export interface Overlay {
  /** Shown instead of the draft, to be looked at only. */
  text?: string;
  /** The older text, of which what is there no more is drawn too. */
  before?: string | null;
  changes?: Map<string, Change>;
  /** Shown instead of the live figures. */
  figures?: Numbers;
  /** The ids of the steps where somebody was, and where they are. */
  walk?: { been: Set<string>; at: string | null };
}

/** What a window hands over to the editor around it. */
export interface Window {
  editor: Editor;
  lay(overlay: Overlay | null): void;
  onClose(): void;
}

const nothing = () => undefined;

/** The editor over another text: everything can be looked at, nothing changed. */
export function useLaid(editor: Editor, text: string | undefined): Editor {
  return useMemo(() => {
    if (text === undefined) return editor;
    const found = read(text);
    const steps = stepsOf(found.data);
    return {
      ...editor,
      text,
      data: found.data,
      steps,
      ways: waysOf(steps),
      fault: null,
      problems: [],
      sentences: {},
      locked: true,
      canUndo: false,
      canRedo: false,
      edit: nothing,
      type: nothing,
      insert: nothing,
      remove: nothing,
      duplicate: nothing,
      copy: nothing,
      paste: () => false,
      move: nothing,
      connect: nothing,
      rename: nothing,
      undo: nothing,
      redo: nothing,
    };
  }, [editor, text]);
}
