// The text of the journey beside its drawing: the same document, whichever side is written on.
import { useEffect, useRef } from "react";
import { useEditor } from "./editor";
import { stepSpans } from "./model/spans";
import { t } from "./words";

export function Code() {
  const editor = useEditor();
  const area = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLPreElement>(null);
  const lines = editor.text.split("\n").length;
  useEffect(() => {
    const shown = area.current;
    const step = editor.steps.find((each) => each.key === editor.selected);
    const span = step && stepSpans(editor.text)?.[step.index];
    if (!shown || !span || document.activeElement === shown) return;
    shown.setSelectionRange(span.start, span.end);
    const line = editor.text.slice(0, span.start).split("\n").length - 1;
    shown.scrollTop = Math.max(0, (line - 3) * parseFloat(getComputedStyle(shown).lineHeight));
  }, [editor.selected]); // eslint-disable-line
  return (
    <aside className="sje-panel sje-code" aria-label={t("Code")}>
      <header>
        <h2>{t("Code")}</h2>
        <a href={editor.boot.urls.document}>{t("On a page of its own")}</a>
      </header>
      <div className="sje-text">
        <pre ref={numbers} aria-hidden="true">
          {Array.from({ length: lines }, (_each, index) => index + 1).join("\n")}
        </pre>
        <textarea
          ref={area}
          aria-label={t("The journey as YAML")}
          spellCheck={false}
          wrap="off"
          readOnly={editor.locked}
          value={editor.text}
          onChange={(event) => editor.type(event.target.value)}
          onScroll={(event) => {
            if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
    </aside>
  );
}
