// A field that is typed into or chosen from: names with what tells them from others at the right.
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { t } from "../words";
import { exampleOf, matching, numberOf, useChoosing, type Item, type Offer } from "./choices";
import css from "./choices.css?inline";

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const SHOWN = 60;

export interface ComboProps {
  label: string;
  value: string;
  offer: Offer;
  placeholder?: string | undefined;
  wide?: boolean;
  /** The id by which a label names the field; without one the label is spoken only. */
  id?: string;
  /** Takes every letter as it is typed, not only what was finished. */
  live?: boolean;
  autoFocus?: boolean;
  /** The name that was chosen, or typed: then there is no item. */
  onChange(name: string, item: Item | null): void;
  onLeave?(): void;
}

export function Combo(props: ComboProps) {
  const { label, value, offer, placeholder, wide, id, live, autoFocus, onChange, onLeave } = props;
  const { locked } = useChoosing();
  const [typed, setTyped] = useState<string | null>(null);
  const [shown, setShown] = useState(false);
  const [active, setActive] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const box = useId();
  const { items } = offer;
  const chosen = items?.find((each) => each.name === value);
  const found = matching(items ?? [], typed ?? "").slice(0, SHOWN);
  // What is written out already needs no list over the next field.
  const finished = live && typed !== null && found.length === 1 && found[0]!.name === typed;
  const open = () => {
    if (locked) return;
    setShown(true);
    if (offer.wrong && !shown) offer.again();
  };
  const close = () => {
    setShown(false);
    setActive(-1);
    setTyped(null);
  };
  const choose = (item: Item) => {
    onChange(item.name, item);
    close();
  };
  const commit = () => {
    if (typed !== null) {
      const named = items?.find((each) => each.name === typed || each.title === typed);
      if (named && (!live || named.name !== value)) onChange(named.name, named);
      else if (!named && !live && typed !== value) onChange(typed, null);
    }
    close();
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const item = found[active];
    if (step) {
      open();
      setActive((now) => Math.max(-1, Math.min(found.length - 1, now + step)));
    } else if (event.key === "Enter") {
      if (shown && item) choose(item);
      else commit();
    } else if (event.key === "Escape" && shown) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const empty = typed ? t("Nothing seen is called so; it is taken as typed.") : t("Nothing yet.");
  return (
    <span className={wide ? "sjc-combo is-wide" : "sjc-combo"}>
      <input
        ref={field}
        id={id}
        className="sj-input"
        role="combobox"
        aria-label={id ? undefined : label}
        aria-expanded={shown}
        aria-controls={box}
        aria-autocomplete="list"
        aria-activedescendant={shown && active >= 0 ? `${box}-${active}` : undefined}
        autoComplete="off"
        autoFocus={autoFocus}
        spellCheck={false}
        placeholder={placeholder ?? (id ? undefined : label)}
        title={chosen?.title ? chosen.name : undefined}
        value={typed ?? (chosen?.title || value)}
        readOnly={locked}
        onFocus={(event) => {
          open();
          event.target.select();
        }}
        onClick={open}
        onChange={(event) => {
          setTyped(event.target.value);
          setActive(-1);
          open();
          if (live) onChange(event.target.value, null);
        }}
        onKeyDown={press}
        onBlur={() => {
          commit();
          onLeave?.();
        }}
      />
      {shown && !finished && (
        <List
          id={box}
          field={field}
          items={found}
          active={active}
          says={offer.wrong || (items === null ? t("Looking…") : empty)}
          note={offer.note}
          onChoose={choose}
        />
      )}
    </span>
  );
}

/** In front of everything, below the field or above it, whichever has room. */
function List({
  id,
  field,
  items,
  active,
  says,
  note,
  onChoose,
}: {
  id: string;
  field: { current: HTMLInputElement | null };
  items: Item[];
  active: number;
  /** Instead of items, where there are none. */
  says: string;
  note: string;
  onChoose(item: Item): void;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const shown = box.current;
    if (!shown || !field.current) return undefined;
    if (!shown.matches(":popover-open")) shown.showPopover();
    const put = () => {
      if (field.current) beside(shown, field.current.getBoundingClientRect());
    };
    put();
    window.addEventListener("scroll", put, true);
    window.addEventListener("resize", put);
    return () => {
      window.removeEventListener("scroll", put, true);
      window.removeEventListener("resize", put);
    };
  }, [field]);
  useEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div
      ref={box}
      popover="manual"
      className={items.length > 0 ? "sjc-list" : "sjc-list is-empty"}
      onMouseDown={(event) => event.preventDefault()}
    >
      <ul id={id} role="listbox" aria-label={t("Choices")}>
        {items.map((item, index) => (
          <li
            key={index}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onClick={() => onChoose(item)}
          >
            <Named item={item} />
            <data>{numberOf(item) || item.hint}</data>
          </li>
        ))}
      </ul>
      {items.length === 0 && <p aria-live="polite">{says}</p>}
      {items.length > 0 && note && <p>{note}</p>}
    </div>
  );
}

function Named({ item }: { item: Item }) {
  const aside = item.title && item.title !== item.name ? item.name : exampleOf(item);
  return (
    <span>
      {item.title || item.name || "“”"}
      {aside && <small>{aside}</small>}
    </span>
  );
}

function beside(shown: HTMLElement, at: DOMRect): void {
  const width = Math.max(at.width, Math.min(320, window.innerWidth - 16));
  const below = window.innerHeight - at.bottom - 12;
  const above = at.top - 12;
  const up = below < 180 && above > below;
  shown.style.width = `${width}px`;
  shown.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - width - 8))}px`;
  shown.style.maxHeight = `${Math.min(300, up ? above : below)}px`;
  shown.style.top = up ? "auto" : `${at.bottom + 4}px`;
  shown.style.bottom = up ? `${window.innerHeight - at.top + 4}px` : "auto";
}
