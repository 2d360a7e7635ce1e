// What one block says: its words, its attributes, the test of a condition or a loop.
import { useState } from "preact/hooks";
import { Code } from "../code/Code";
import type { Editor } from "../editor";
import { page, type Block } from "../model/blocks";
import * as edits from "../model/edits";
import { FIELDS, type Field } from "../model/kinds";
import { t } from "../words";

interface Given {
  editor: Editor;
  text: string;
  block: Block;
  onEdit(edit: edits.Edit): void;
}

export function BlockForm(given: Given) {
  const { block } = given;
  const [refused, setRefused] = useState(false);
  const tried = (edit: edits.Edit | null) => {
    setRefused(edit === null);
    if (edit) given.onEdit(edit);
  };
  return (
    <div className="ste-form">
      <Words {...given} onTry={tried} />
      {refused ? (
        <p className="ste-refused" role="alert">
          {t("This would take the page apart: it is not taken. Close what you open.")}
        </p>
      ) : null}
      {(FIELDS[block.kind] ?? []).length ? (
        <div className="ste-attributes">
          {FIELDS[block.kind]!.map((field) => (
            <Attribute key={field.name} field={field} {...given} />
          ))}
        </div>
      ) : null}
    </div>
  );
}

function Words(given: Given & { onTry(edit: edits.Edit | null): void }) {
  const { editor, text, block, onTry } = given;
  const code = { names: editor.names, findings: [], readOnly: editor.locked };
  if (block.kind === "text" || block.kind === "button") {
    const value = text.slice(block.inner.start, block.inner.end);
    const change = (words: string) => onTry(edits.setInner(text, block, words));
    return <Labelled label={t("Words")} {...code} shape="text" value={value} onChange={change} />;
  }
  if (block.kind === "include") return <Shared {...given} />;
  if (block.test) {
    const value = text.slice(block.test.start, block.test.end);
    const label = block.kind === "loop" ? t("For each") : t("Only if");
    const change = (test: string) => onTry(edits.setTest(text, block, test));
    return (
      <Labelled label={label} {...code} shape="line" expression value={value} onChange={change} />
    );
  }
  if (block.kind !== "raw") return null;
  const change = (said: string) => {
    const next = text.slice(0, block.start) + said + text.slice(block.end);
    onTry(said.trim() && page(next).body ? { text: next, at: block.start } : null);
  };
  const value = text.slice(block.start, block.end);
  return <Labelled label={t("Code")} {...code} shape="text" value={value} onChange={change} />;
}

/** What is typed stays in the field, even while it is refused. */
function Labelled(given: Parameters<typeof Code>[0]) {
  const [typed, setTyped] = useState({ from: given.value, said: given.value });
  const value = typed.from === given.value ? typed.said : given.value;
  return (
    <div className="ste-field">
      <span className="ste-label">{given.label}</span>
      <Code
        {...given}
        value={value}
        onChange={(said) => {
          setTyped({ from: given.value, said });
          given.onChange(said);
        }}
      />
    </div>
  );
}

function Shared({ editor, text, block, onTry }: Given & { onTry(edit: edits.Edit | null): void }) {
  const value = text.slice(block.test!.start, block.test!.end);
  const names = [...new Set([value, ...editor.names.templates])];
  return (
    <label className="ste-field">
      <span className="ste-label">{t("Template that is put in here")}</span>
      <select
        className="sj-input"
        value={value}
        disabled={editor.locked}
        onChange={(event) => onTry(edits.setTest(text, block, event.currentTarget.value))}
      >
        {names.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

function Attribute({ field, editor, text, block, onEdit }: Given & { field: Field }) {
  const value = block.attributes.find((each) => each.name === field.name)?.value ?? "";
  const change = (said: string) => onEdit(edits.setAttribute(text, block, field.name, said));
  const label = t(field.label);
  const shared = { "aria-label": label, disabled: editor.locked, value };
  return (
    <label className={`ste-field ste-field-${field.kind}`}>
      <span className="ste-label">{label}</span>
      {field.kind === "choice" ? (
        <select
          className="sj-input"
          {...shared}
          onChange={(event) => change(event.currentTarget.value)}
        >
          <option value="">{t("as usual")}</option>
          {[...new Set([...field.choices!, value])].filter(Boolean).map((each) => (
            <option key={each} value={each}>
              {t(each)}
            </option>
          ))}
        </select>
      ) : (
        <span className="ste-with">
          {field.kind === "colour" && /^(#[0-9a-fA-F]{6})?$/.test(value) ? (
            <input
              type="color"
              aria-label={label}
              disabled={editor.locked}
              value={value || "#ffffff"}
              onInput={(event) => change(event.currentTarget.value)}
            />
          ) : null}
          <input
            className="sj-input"
            {...shared}
            placeholder={field.example ?? ""}
            onInput={(event) => change(event.currentTarget.value)}
          />
        </span>
      )}
    </label>
  );
}

export function PreviewWords(given: {
  editor: Editor;
  value: string;
  onChange(words: string): void;
}) {
  return (
    <div className="ste-field">
      <span className="ste-label">{t("Beside the subject, in the inbox")}</span>
      <Code
        label={t("Beside the subject, in the inbox")}
        shape="line"
        value={given.value}
        onChange={(words) => {
          if (!/<\/?mj-/.test(words)) given.onChange(words);
        }}
        names={given.editor.names}
        findings={[]}
        readOnly={given.editor.locked}
        hint={t("The first words of the page where this is empty.")}
      />
    </div>
  );
}
