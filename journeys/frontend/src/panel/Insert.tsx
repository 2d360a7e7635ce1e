// What a text may say of the customer: chosen from the attributes, put where the writer stands.
import { useState, type RefObject } from "react";
import { Combo } from "../choices/Combo";
import { useOffer, type Item } from "../choices/choices";
import { useEditor } from "../editor";
import { inserted, placeholderOf } from "../model/insert";
import { list, text } from "../model/steps";
import { at } from "../model/tree";
import { Icon } from "../parts";
import { t } from "../words";

/** The id of the label of a field. */
export function labelOf(field: string): string {
  return `${field}-label`;
}

type Writer = HTMLInputElement | HTMLTextAreaElement;

/** Below a text with Jinja: a button that asks for a name and writes it as `{{ … }}`. */
export function Insert({
  of,
  field,
  onChange,
}: {
  /** The id of the field. */
  of: string;
  field: RefObject<Writer | null>;
  onChange(value: string): void;
}) {
  const editor = useEditor();
  const [open, setOpen] = useState(false);
  if (editor.locked) return null;
  const put = (item: Item) => {
    const writer = field.current;
    if (!writer) return;
    const { selectionStart, selectionEnd, value } = writer;
    const [start, end] = [selectionStart ?? value.length, selectionEnd ?? value.length];
    const next = inserted(value, start, end, placeholderOf(item));
    onChange(next.text);
    setOpen(false);
    // The field has the new text once React has drawn it.
    setTimeout(() => {
      writer.focus();
      writer.setSelectionRange(next.caret, next.caret);
    });
  };
  if (open) return <Names onChoose={put} onLeave={() => setOpen(false)} />;
  return (
    <button
      type="button"
      className="sje-insert"
      aria-describedby={labelOf(of)}
      onClick={() => setOpen(true)}
    >
      <Icon name="data_object" />
      {t("Insert an attribute")}
    </button>
  );
}

function Names({ onChoose, onLeave }: { onChoose(item: Item): void; onLeave(): void }) {
  const { data } = useEditor();
  const event = text(at(list(at(data.enter, ["on"]))[0], ["event"]));
  const attributes = useOffer("attributes");
  const properties = useOffer(event ? "properties" : "", event);
  const items = attributes.items && [
    ...named(attributes.items, "customer"),
    ...named(properties.items ?? [], "entry"),
  ];
  return (
    <Combo
      label={t("Insert an attribute")}
      autoFocus
      value=""
      offer={{ ...attributes, items }}
      onChange={(_name, item) => item && onChoose(item)}
      onLeave={onLeave}
    />
  );
}

/** The names as a text calls them. */
function named(items: Item[], of: string): Item[] {
  return items.map((item) => ({
    ...item,
    name: /^[A-Za-z_]\w*$/.test(item.name)
      ? `${of}.${item.name}`
      : `${of}[${JSON.stringify(item.name)}]`,
  }));
}
