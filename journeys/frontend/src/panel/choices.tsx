// Fields that offer names: what the log, the profiles and the workspace are seen to hold.
import { Combo } from "../choices/Combo";
import { exampleOf, useOffer, type Item, type Kind } from "../choices/choices";
import { text } from "../model/steps";
import { count, t, tn } from "../words";
import { Field, useField, type FieldProps } from "./fields";

/** What tells a name from others, in words. */
export function hint(item: Item): string {
  const parts = [item.title, item.hint];
  if (item.count !== undefined) parts.push(t("seen {n} times", { n: count(item.count) }));
  if (item.filled !== undefined) parts.push(t("{share} % filled", { share: count(item.filled) }));
  const example = exampleOf(item);
  if (example) parts.push(t("for example {value}", { value: example }));
  return parts.filter(Boolean).join(" · ");
}

/** A name; with `optional` it goes away when it is empty. */
export function Picker({
  label,
  path,
  help,
  kind,
  of = "",
  placeholder,
  optional = false,
}: FieldProps & { kind: Kind; of?: string; placeholder?: string; optional?: boolean }) {
  const { value, wrong, set } = useField(path);
  const offer = useOffer(kind === "properties" && !of ? "" : kind, of);
  const chosen = offer.items?.find((each) => each.name === text(value));
  return (
    <Field label={label} wrong={wrong} help={chosen ? hintOf(kind, chosen) : help}>
      {(id) => (
        <Combo
          id={id}
          label={label}
          live
          value={text(value)}
          offer={offer}
          placeholder={placeholder}
          onChange={(name) => set(optional && !name ? undefined : name)}
        />
      )}
    </Field>
  );
}

function hintOf(kind: Kind, item: Item): string {
  return kind === "segments" ? tn("{n} customer in it", item.count ?? 0) : hint(item);
}
