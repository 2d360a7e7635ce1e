// The keyboard: one table of what a key does on the canvas, shown by `?`.
import { useEffect } from "react";
import type { Editor } from "./editor";
import { pasted, wayAfter } from "./model/edits";
import { following } from "./model/problems";
import { ENTER } from "./model/steps";
import { t } from "./words";

export interface Commands {
  ask(way: string): void;
  search(): void;
  help(): void;
  zoom(how: "in" | "out" | "fit"): void;
  panel(): void;
}

interface Key {
  keys: string;
  says(): string;
  does(editor: Editor, commands: Commands): void;
}

const KEYS: Record<string, Key> = {
  ArrowDown: {
    keys: "↓",
    says: () => t("to the next step"),
    does: (editor) => walk(editor, "down"),
  },
  ArrowUp: { keys: "↑", says: () => t("to the step before"), does: (editor) => walk(editor, "up") },
  ArrowRight: {
    keys: "→",
    says: () => t("to the way beside, right"),
    does: (editor) => walk(editor, "right"),
  },
  ArrowLeft: {
    keys: "←",
    says: () => t("to the way beside, left"),
    does: (editor) => walk(editor, "left"),
  },
  Enter: { keys: "Enter", says: () => t("into the fields of the step"), does: enter },
  a: {
    keys: "A",
    says: () => t("add a step after it"),
    does: (editor, commands) => commands.ask(after(editor)),
  },
  Delete: {
    keys: "Del",
    says: () => t("delete it"),
    does: (editor) => editor.remove(chosen(editor)),
  },
  "shift+Delete": {
    keys: "Shift+Del",
    says: () => t("delete it and what only it leads to"),
    does: (editor) => editor.remove(branch(editor)),
  },
  "ctrl+c": {
    keys: "Ctrl+C",
    says: () => t("copy"),
    does: (editor) => {
      if (step(editor)) editor.copy(chosen(editor));
    },
  },
  "ctrl+shift+c": {
    keys: "Ctrl+Shift+C",
    says: () => t("copy it and what only it leads to"),
    does: (editor) => {
      if (step(editor)) editor.copy(branch(editor));
    },
  },
  "ctrl+x": {
    keys: "Ctrl+X",
    says: () => t("cut it and what only it leads to"),
    does: (editor) => {
      if (step(editor)) editor.copy(branch(editor), true);
    },
  },
  "ctrl+v": {
    keys: "Ctrl+V",
    says: () => t("paste after it"),
    does: (editor) => void pasteAfter(editor),
  },
  "ctrl+d": {
    keys: "Ctrl+D",
    says: () => t("duplicate"),
    does: (editor) => {
      if (step(editor)) editor.duplicate(editor.selected!);
    },
  },
  "ctrl+z": { keys: "Ctrl+Z", says: () => t("undo"), does: (editor) => editor.undo() },
  "ctrl+y": { keys: "Ctrl+Y", says: () => t("redo"), does: (editor) => editor.redo() },
  "ctrl+shift+z": { keys: "Ctrl+Shift+Z", says: () => t("redo"), does: (editor) => editor.redo() },
  "ctrl+s": { keys: "Ctrl+S", says: () => t("save now"), does: (editor) => void editor.save() },
  "/": {
    keys: "/",
    says: () => t("search for a step"),
    does: (_editor, commands) => commands.search(),
  },
  F8: {
    keys: "F8",
    says: () => t("to the next problem"),
    does: (editor) => editor.select(following(editor.problems, editor.steps, editor.selected)),
  },
  "0": {
    keys: "0",
    says: () => t("show the whole journey"),
    does: (_editor, commands) => commands.zoom("fit"),
  },
  "+": { keys: "+", says: () => t("nearer"), does: (_editor, commands) => commands.zoom("in") },
  "-": { keys: "−", says: () => t("farther"), does: (_editor, commands) => commands.zoom("out") },
  Escape: { keys: "Esc", says: () => t("select nothing"), does: (editor) => editor.select(null) },
  "?": { keys: "?", says: () => t("this list"), does: (_editor, commands) => commands.help() },
};

export function keyList(): { keys: string; says: string }[] {
  return Object.values(KEYS).map((key) => ({ keys: key.keys, says: key.says() }));
}

/** What works in a field too: saving, and going to the next problem. */
const ANYWHERE = ["ctrl+s", "F8"];
const TYPED = "input, textarea, select, [contenteditable]";

export function useKeys(
  editor: Editor,
  commands: Commands,
  within: () => HTMLElement | null,
): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (target !== document.body && !within()?.contains(target)) return;
      if (document.querySelector("dialog[open]")) return;
      const name = written(event);
      const key = KEYS[name];
      if (!key || (target.closest(TYPED) && !ANYWHERE.includes(name))) return;
      if (name === "Enter" && !target.closest("[data-key]")) return;
      if (isText() && name.startsWith("ctrl+") && name.endsWith("c")) return;
      event.preventDefault();
      key.does(editor, commands);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  });
}

/** The Latin letter of the key, whatever alphabet the keyboard writes. */
function latin(event: KeyboardEvent): string {
  const strange = event.key.length === 1 && event.key > "\x7f" && event.code.startsWith("Key");
  return strange ? event.code.slice(3) : event.key;
}

function written(event: KeyboardEvent): string {
  const command = event.ctrlKey || event.metaKey;
  const key = latin(event);
  const letter = key.length === 1 ? key.toLowerCase() : key;
  const name = letter === "Backspace" ? "Delete" : letter;
  const shift = event.shiftKey && (command || name.length > 1) ? "shift+" : "";
  return (command ? "ctrl+" : "") + shift + name;
}

function enter(editor: Editor, commands: Commands): void {
  const key = (document.activeElement as HTMLElement | null)?.dataset.key;
  if (key) editor.select(key);
  commands.panel();
}

/** Text that somebody has marked is what they copy. */
function isText(): boolean {
  return (document.getSelection()?.toString() ?? "") !== "";
}

function step(editor: Editor): boolean {
  return editor.steps.some((each) => each.key === editor.selected);
}

function chosen(editor: Editor): string[] {
  return editor.chosen.filter((key) => editor.steps.some((each) => each.key === key));
}

function branch(editor: Editor): string[] {
  return step(editor) ? editor.branchOf(editor.selected!) : [];
}

function after(editor: Editor): string {
  return wayAfter(editor.steps, editor.ways, editor.selected ?? ENTER);
}

async function pasteAfter(editor: Editor): Promise<void> {
  const outside = await navigator.clipboard?.readText().catch(() => "");
  const clip = outside && pasted(outside) ? outside : editor.clip;
  if (clip) editor.paste(after(editor), clip);
}

/** Where the arrows lead: along the ways, and to the neighbours that the same step leads to. */
function walk(editor: Editor, to: "down" | "up" | "left" | "right"): void {
  const here = editor.selected ?? ENTER;
  if (editor.selected === null) return editor.select(ENTER);
  const known = (key: string | null): key is string =>
    key === ENTER || editor.steps.some((each) => each.key === key);
  const out = editor.ways.filter((way) => way.from === here).map((way) => way.to);
  const into = editor.ways.filter((way) => way.to === here).map((way) => way.from);
  if (to === "down") return editor.select(out.find(known) ?? here);
  if (to === "up") return editor.select(into.find(known) ?? here);
  const row = [
    ...new Set(editor.ways.filter((way) => way.from === into[0]).map((way) => way.to)),
  ].filter(known);
  const next = row[row.indexOf(here) + (to === "right" ? 1 : -1)];
  if (next) editor.select(next);
}
