// A field for text with template code: colours, completion, and what is wrong at its place.
import { autocompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { jinja } from "@codemirror/lang-jinja";
import { bracketMatching, foldGutter, foldKeymap, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, Transaction, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Finding } from "../server";
import { t } from "../words";
import { complete, type Names } from "./complete";

interface Given {
  label: string;
  value: string;
  onChange(value: string): void;
  names: Names;
  findings: readonly Finding[];
  /** One line, as subjects have; a page has line numbers; a text has neither. */
  shape: "line" | "text" | "page";
  readOnly?: boolean;
  hint?: string;
  /** The whole text is an expression, as in a condition. */
  expression?: boolean;
}

export function Code(given: Given) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(given);
  latest.current = given;
  useLayoutEffect(() => {
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({ doc: given.value, extensions: extensions(latest) }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  // At once after drawing: later, somebody might have typed on.
  useLayoutEffect(() => {
    const shown = view.current?.state.doc.toString() ?? given.value;
    if (shown !== given.value) view.current?.dispatch(difference(shown, given.value));
  }, [given.value]);
  useEffect(() => {
    const shown = view.current;
    if (shown)
      shown.dispatch(setDiagnostics(shown.state, diagnostics(shown.state, given.findings)));
  }, [given.findings]);
  return <div ref={place} className={`ste-code ste-code-${given.shape}`} />;
}

function extensions(latest: { current: Given }): Extension[] {
  const { shape, label, readOnly, hint } = latest.current;
  const changed = EditorView.updateListener.of((update) => {
    const ours = update.transactions.some((each) => each.annotation(Transaction.remote));
    if (update.docChanged && !ours) latest.current.onChange(update.state.doc.toString());
  });
  return [
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    jinja(),
    syntaxHighlighting(classHighlighter),
    autocompletion({
      override: [complete(() => latest.current.names, shape === "page", latest.current.expression)],
      icons: false,
    }),
    EditorView.contentAttributes.of({ "aria-label": label }),
    EditorState.readOnly.of(Boolean(readOnly)),
    hint ? placeholder(hint) : [],
    shape === "line" ? oneLine() : [EditorView.lineWrapping],
    shape === "page" ? [lineNumbers(), foldGutter(), lintGutter(), highlightActiveLine()] : [],
    keymap.of([
      ...completionKeymap,
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...lintKeymap,
      ...(shape === "page" ? [indentWithTab] : []),
    ]),
    changed,
  ];
}

/** Line breaks are left out, whether typed or pasted. */
function oneLine(): Extension {
  return EditorState.transactionFilter.of((change) => {
    const typed = change.docChanged && !change.annotation(Transaction.remote);
    if (!typed || change.newDoc.lines === 1) return change;
    const said = change.newDoc.toString().replace(/\s*\n\s*/g, " ");
    const whole = { from: 0, to: change.startState.doc.length, insert: said };
    return [
      {
        changes: whole,
        selection: { anchor: Math.min(said.length, change.newSelection.main.head) },
      },
    ];
  });
}

/** The one stretch that differs, so that the cursor stays where it is. */
function difference(before: string, after: string) {
  let from = 0;
  const least = Math.min(before.length, after.length);
  while (from < least && before[from] === after[from]) from += 1;
  let same = 0;
  while (same < least - from && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  return {
    changes: { from, to: before.length - same, insert: after.slice(from, after.length - same) },
    annotations: Transaction.remote.of(true),
  };
}

function diagnostics(state: EditorState, findings: readonly Finding[]): Diagnostic[] {
  return findings
    .map((each) => diagnostic(state, each))
    .sort((one, other) => one.from - other.from);
}

function diagnostic(state: EditorState, each: Finding): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(1, each.line), state.doc.lines));
  const from = Math.min(line.from + each.column - 1, state.doc.length);
  const to = Math.min(from + each.length, state.doc.length);
  const found: Diagnostic = { from, to, severity: each.severity, message: each.message };
  const sparse =
    each.code === "sparse" && state.sliceDoc(from, to).endsWith(each.path.split(".").at(-1)!);
  return sparse ? { ...found, actions: [{ name: t("Add a default"), apply: withDefault }] } : found;
}

function withDefault(view: EditorView, _from: number, to: number): void {
  const insert = "|default('')";
  const anchor = to + insert.length - 2;
  view.dispatch({ changes: { from: to, insert }, selection: { anchor } });
  view.focus();
}
