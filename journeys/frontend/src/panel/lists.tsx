// Values of many parts: anything as YAML, and lists of rows.
import { useState, type ReactNode } from "react";
import { parse } from "yaml";
import { useEditor } from "../editor";
import { list } from "../model/steps";
import { write, type Mapping, type Path, type Plain } from "../model/tree";
import { t } from "../words";
import { Icon } from "../parts";
import { Field, useField, type FieldProps } from "./fields";

/** Any value as YAML, kept as it is typed until it can be read. */
export function YamlField({
  label,
  path,
  help,
  placeholder,
  rows = 3,
}: FieldProps & { placeholder?: string; rows?: number }) {
  const editor = useEditor();
  const { value, wrong, set } = useField(path);
  const [typed, setTyped] = useState<string | null>(null);
  const fault =
    typed !== null && readable(typed) === undefined ? t("This cannot be read yet.") : "";
  const change = (given: string) => {
    setTyped(given);
    const found = readable(given);
    if (found !== undefined) set(found === null ? undefined : found);
  };
  return (
    <Field label={label} wrong={fault || wrong} help={help}>
      {(id) => (
        <textarea
          id={id}
          className="sj-input sje-mono"
          rows={rows}
          spellCheck={false}
          placeholder={placeholder}
          readOnly={editor.locked}
          value={typed ?? shown(value)}
          onChange={(event) => change(event.target.value)}
          onBlur={() => fault || setTyped(null)}
        />
      )}
    </Field>
  );
}

export function shown(value: Plain | undefined): string {
  if (value === undefined || value === null) return "";
  return (typeof value === "object" ? write(value as Mapping) : String(value)).trimEnd();
}

function readable(typed: string): Plain | undefined {
  try {
    return parse(typed) as Plain;
  } catch {
    return undefined;
  }
}

/** A list of rows that grows and shrinks. */
export function Rows({
  label,
  add,
  count: number,
  onAdd,
  onRemove,
  children,
}: {
  label: string;
  add: string;
  count: number;
  onAdd(): void;
  onRemove(index: number): void;
  children(index: number): ReactNode;
}) {
  const editor = useEditor();
  return (
    <fieldset className="sje-rows">
      <legend>{label}</legend>
      {Array.from({ length: number }, (_each, index) => (
        <div key={index} className="sje-row">
          <div>{children(index)}</div>
          {!editor.locked && (
            <button
              type="button"
              className="sje-tool"
              aria-label={t("Remove {what}", { what: `${label} ${index + 1}` })}
              title={t("Remove")}
              onClick={() => onRemove(index)}
            >
              <Icon name="close" />
            </button>
          )}
        </div>
      ))}
      {!editor.locked && (
        <button type="button" className="sj-button sj-button-small" onClick={onAdd}>
          <Icon name="add" />
          {add}
        </button>
      )}
    </fieldset>
  );
}

export function useList(path: Path): {
  items: Plain[];
  add(value: Plain): void;
  remove(index: number): void;
} {
  const { value, set } = useField(path);
  const editor = useEditor();
  const items = list(value);
  const whole = Array.isArray(value);
  return {
    items,
    add: (item) =>
      whole && items.length > 0
        ? editor.edit([...path, items.length], item)
        : set([...items, item]),
    remove: (index) => (whole ? editor.edit([...path, index], undefined) : set([])),
  };
}
