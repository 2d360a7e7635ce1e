// Fields that offer names: what the log, the profiles and the workspace are seen to hold.
import { useEffect, useId, useState } from "react";
import { useEditor } from "../editor";
import { text } from "../model/steps";
import type { Choice } from "../server";
import { count, t } from "../words";
import { Field, useField, type FieldProps } from "./fields";

/** Text that goes away when it is empty. */
export function OptionalField({
  label,
  path,
  help,
  placeholder,
  area = 0,
  options = [],
}: FieldProps & { placeholder?: string; area?: number; options?: Choice[] }) {
  const editor = useEditor();
  const { value, wrong, set } = useField(path);
  const names = useId();
  const shared = {
    className: "sj-input",
    value: text(value),
    placeholder,
    readOnly: editor.locked,
    onChange: (event: { target: { value: string } }) => set(event.target.value || undefined),
  };
  return (
    <Field label={label} wrong={wrong} help={help}>
      {(id) =>
        area ? (
          <textarea id={id} rows={area} {...shared} />
        ) : (
          <>
            <input id={id} {...shared} list={options.length > 0 ? names : undefined} />
            <Options id={names} options={options} />
          </>
        )
      }
    </Field>
  );
}

const known = new Map<string, Promise<Choice[]>>();

/** What there is to choose from, asked once. */
export function useChoices(kind: string, of = ""): Choice[] {
  const { server } = useEditor();
  const [found, setFound] = useState<Choice[]>([]);
  useEffect(() => {
    if (!kind) return undefined;
    let gone = false;
    const key = `${kind}:${of}`;
    if (!known.has(key))
      known.set(
        key,
        server.choices(kind, of).catch(() => []),
      );
    void known.get(key)!.then((choices) => {
      if (!gone) setFound(choices);
    });
    return () => {
      gone = true;
    };
  }, [server, kind, of]);
  return found;
}

/** The names, each with what tells it from others: how often it is seen, how full it is. */
export function Options({ id, options }: { id: string; options: Choice[] }) {
  return (
    <datalist id={id}>
      {options.map((each) => (
        <option key={each.name} value={each.name}>
          {hint(each)}
        </option>
      ))}
    </datalist>
  );
}

export function hint(choice: Choice): string {
  const parts = [choice.title, choice.hint];
  if (choice.count !== undefined) parts.push(t("seen {n} times", { n: count(choice.count) }));
  if (choice.filled !== undefined) parts.push(t("{share} % filled", { share: choice.filled }));
  if (choice.example) parts.push(choice.example);
  return parts.filter(Boolean).join(" · ");
}

export function Picker({
  label,
  path,
  help,
  kind,
  of = "",
  placeholder,
}: FieldProps & { kind: string; of?: string; placeholder?: string }) {
  const editor = useEditor();
  const { value, wrong, set } = useField(path);
  const options = useChoices(kind, of);
  const names = useId();
  const told = options.find((each) => each.name === text(value));
  return (
    <Field label={label} wrong={wrong} help={told ? hint(told) : help}>
      {(id) => (
        <>
          <input
            id={id}
            className="sj-input"
            list={names}
            value={text(value)}
            placeholder={placeholder}
            readOnly={editor.locked}
            onChange={(event) => set(event.target.value)}
          />
          <Options id={names} options={options} />
        </>
      )}
    </Field>
  );
}
