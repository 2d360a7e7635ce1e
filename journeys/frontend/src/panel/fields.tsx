// Fields of the panel. Each writes the document as it is typed into; what is wrong stands below it.
import { useId, useRef, type ReactNode } from "react";
import { useEditor } from "../editor";
import { text } from "../model/steps";
import { at, type Mapping, type Path, type Plain } from "../model/tree";
import { at as problemAt } from "../model/problems";
import { t } from "../words";
import { Insert, labelOf } from "./Insert";

export interface FieldProps {
  label: string;
  path: Path;
  help?: string;
}

/** The value at a path of the document, what is wrong there, and how to change it. */
export function useField(path: Path): {
  value: Plain | undefined;
  wrong: string;
  set(value: Plain | undefined): void;
} {
  const editor = useEditor();
  const value = at(editor.data, path);
  return {
    value,
    wrong: problemAt(editor.problems, told(editor.data, path)),
    set: (next) => editor.edit(path, next),
  };
}

/** A path as problems write it: a step by its id, places in lists in brackets. */
function told(data: Mapping, path: Path): string {
  const id =
    path[0] === "steps" ? text(at(data, ["steps", path[1]!, "id"])) || String(path[1]) : "";
  const rest = id ? path.slice(2) : path;
  const end = rest
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .replace(/^\./, "");
  return id ? `steps[${id}].${end}` : end;
}

export function Field({
  label,
  wrong = "",
  help,
  children,
}: {
  label: string;
  wrong?: string;
  help?: string | undefined;
  children(id: string): ReactNode;
}) {
  const id = useId();
  return (
    <div className={wrong ? "sje-field is-wrong" : "sje-field"}>
      <label id={labelOf(id)} htmlFor={id}>
        {label}
      </label>
      {children(id)}
      {wrong && (
        <p className="sje-wrong" role="alert">
          {wrong}
        </p>
      )}
      {help && <p className="sje-help">{help}</p>}
    </div>
  );
}

interface TextProps extends FieldProps {
  placeholder?: string | undefined;
  /** The rows of a text of several lines. */
  area?: number;
  /** The text may say something of the customer. */
  jinja?: boolean;
}

export function TextField(props: TextProps) {
  return <Writing {...props} empty="" />;
}

/** Text that goes away when it is empty. */
export function OptionalField(props: TextProps) {
  return <Writing {...props} empty={undefined} />;
}

function Writing({
  label,
  path,
  help,
  placeholder,
  area = 0,
  jinja = false,
  empty,
}: TextProps & { empty: "" | undefined }) {
  const editor = useEditor();
  const { value, wrong, set } = useField(path);
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const shared = {
    ref: field,
    className: "sj-input",
    value: text(value),
    placeholder,
    readOnly: editor.locked,
    spellCheck: area > 0,
    onChange: (event: { target: { value: string } }) => set(event.target.value || empty),
  };
  return (
    <Field label={label} wrong={wrong} help={help}>
      {(id) => (
        <>
          {area ? <textarea id={id} rows={area} {...shared} /> : <input id={id} {...shared} />}
          {jinja && <Insert of={id} field={field} onChange={set} />}
        </>
      )}
    </Field>
  );
}

export function NumberField({
  label,
  path,
  help,
  min = 0,
  max = 100,
}: FieldProps & { min?: number; max?: number }) {
  const editor = useEditor();
  const { value, wrong, set } = useField(path);
  const change = (typed: string) => set(typed === "" ? undefined : Number(typed));
  return (
    <Field label={label} wrong={wrong} help={help}>
      {(id) => (
        <input
          id={id}
          className="sj-input"
          type="number"
          min={min}
          max={max}
          step="any"
          readOnly={editor.locked}
          value={typeof value === "number" ? value : ""}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}

export function SelectField({
  label,
  path,
  help,
  options,
  none,
}: FieldProps & { options: Record<string, string>; none?: string }) {
  const editor = useEditor();
  const { value, wrong, set } = useField(path);
  const now = text(value);
  return (
    <Field label={label} wrong={wrong} help={help}>
      {(id) => (
        <select
          id={id}
          className="sj-input"
          value={now}
          disabled={editor.locked}
          onChange={(event) => set(event.target.value || undefined)}
        >
          {none !== undefined && <option value="">{none}</option>}
          {now && !(now in options) && <option value={now}>{now}</option>}
          {Object.entries(options).map(([code, word]) => (
            <option key={code} value={code}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Switch({ label, path, help }: FieldProps) {
  const editor = useEditor();
  const { value, set } = useField(path);
  const id = useId();
  return (
    <div className="sje-switch">
      <input
        id={id}
        type="checkbox"
        checked={value === true}
        disabled={editor.locked}
        onChange={(event) => set(event.target.checked || undefined)}
      />
      <label htmlFor={id}>{label}</label>
      {help && <p className="sje-help">{help}</p>}
    </div>
  );
}

const UNIT_NAMES: Record<string, () => string> = {
  s: () => t("seconds"),
  m: () => t("minutes"),
  h: () => t("hours"),
  d: () => t("days"),
  w: () => t("weeks"),
};

/** A number and its unit; `2h` in the document. */
export function DurationField({
  label,
  path,
  help,
  optional = false,
  signed = false,
}: FieldProps & { optional?: boolean; signed?: boolean }) {
  const editor = useEditor();
  const { value, wrong, set } = useField(path);
  const found = /^([+-]?\d*)([smhdw])$/.exec(text(value).trim());
  const [number, unit] = [found?.[1] ?? text(value).replace(/[^\d-]/g, ""), found?.[2] ?? "d"];
  const change = (typed: string, of: string) =>
    set(typed === "" && optional ? undefined : `${typed}${of}`);
  return (
    <Field label={label} wrong={wrong} help={help}>
      {(id) => (
        <span className="sje-pair">
          <input
            id={id}
            className="sj-input"
            type="number"
            min={signed ? undefined : 0}
            readOnly={editor.locked}
            value={number}
            onChange={(event) => change(event.target.value, unit)}
          />
          <select
            className="sj-input"
            aria-label={t("Unit")}
            value={unit}
            disabled={editor.locked}
            onChange={(event) => change(number, event.target.value)}
          >
            {Object.entries(UNIT_NAMES).map(([code, word]) => (
              <option key={code} value={code}>
                {word()}
              </option>
            ))}
          </select>
        </span>
      )}
    </Field>
  );
}
