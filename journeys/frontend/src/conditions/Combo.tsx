// A field that is typed into or chosen from: names with what tells them from others at the right.
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { count, t } from "../words";
import { useBuilding, type Item } from "./asker";

const SHOWN = 60;

export interface ComboProps {
  label: string;
  value: string;
  items: Item[] | null;
  placeholder?: string;
  /** What the numbers at the right are numbers of. */
  note?: string;
  wide?: boolean;
  onChange(name: string, item: Item | null): void;
}

export function Combo({ label, value, items, placeholder, note, wide, onChange }: ComboProps) {
  const { locked } = useBuilding();
  const [typed, setTyped] = useState<string | null>(null);
  const [shown, setShown] = useState(false);
  const [active, setActive] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const told = items?.find((each) => each.name === value);
  const found = matching(items ?? [], typed ?? "");
  const close = () => {
    setShown(false);
    setActive(-1);
  };
  const choose = (item: Item) => {
    onChange(item.name, item);
    setTyped(null);
    close();
  };
  const commit = () => {
    if (typed !== null) {
      const named = items?.find((each) => each.name === typed || each.title === typed);
      if (named) onChange(named.name, named);
      else if (typed !== value) onChange(typed, null);
    }
    setTyped(null);
    close();
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const item = found[active];
    if (step) {
      setShown(true);
      setActive((now) => Math.max(-1, Math.min(found.length - 1, now + step)));
    } else if (event.key === "Enter") {
      if (shown && item) choose(item);
      else commit();
    } else if (event.key === "Escape" && shown) {
      setTyped(null);
      close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <span className={wide ? "sjc-combo is-wide" : "sjc-combo"}>
      <input
        ref={field}
        className="sj-input"
        role="combobox"
        aria-label={label}
        aria-expanded={shown}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder ?? label}
        title={told?.title ? told.name : undefined}
        value={typed ?? (told?.title || value)}
        readOnly={locked}
        onFocus={(event) => {
          if (!locked) setShown(true);
          event.target.select();
        }}
        onClick={() => !locked && setShown(true)}
        onChange={(event) => {
          setTyped(event.target.value);
          setActive(-1);
          setShown(true);
        }}
        onKeyDown={press}
        onBlur={commit}
      />
      {shown && (
        <List
          id={id}
          field={field.current}
          items={found}
          active={active}
          waiting={items === null}
          empty={typed ? t("Nothing seen is called so; it is taken as typed.") : t("Nothing yet.")}
          note={note}
          onChoose={choose}
        />
      )}
    </span>
  );
}

function matching(items: Item[], typed: string): Item[] {
  const words = typed.trim().toLowerCase();
  const fits = (each: Item) => `${each.name} ${each.title ?? ""}`.toLowerCase().includes(words);
  return (words ? items.filter(fits) : items).slice(0, SHOWN);
}

/** In front of everything, below the field or above it, whichever has room. */
function List({
  id,
  field,
  items,
  active,
  waiting,
  empty,
  note,
  onChoose,
}: {
  id: string;
  field: HTMLInputElement | null;
  items: Item[];
  active: number;
  waiting: boolean;
  empty: string;
  note: string | undefined;
  onChoose(item: Item): void;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const shown = box.current;
    if (!shown || !field) return undefined;
    if (!shown.matches(":popover-open")) shown.showPopover();
    const put = () => {
      const at = field.getBoundingClientRect();
      const width = Math.max(at.width, Math.min(320, window.innerWidth - 16));
      const below = window.innerHeight - at.bottom - 12;
      const above = at.top - 12;
      const up = below < 180 && above > below;
      shown.style.width = `${width}px`;
      shown.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - width - 8))}px`;
      shown.style.maxHeight = `${Math.min(300, up ? above : below)}px`;
      shown.style.top = up ? "auto" : `${at.bottom + 4}px`;
      shown.style.bottom = up ? `${window.innerHeight - at.top + 4}px` : "auto";
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
      className="sjc-list"
      onMouseDown={(event) => event.preventDefault()}
    >
      <ul id={id} role="listbox" aria-label={t("Choices")}>
        {items.map((item, index) => (
          <li
            key={item.name}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onClick={() => onChoose(item)}
          >
            <span>
              {item.title || item.name || "“”"}
              {item.title && item.title !== item.name && <small>{item.name}</small>}
            </span>
            <Told item={item} />
          </li>
        ))}
      </ul>
      {items.length === 0 && <p>{waiting ? t("Looking…") : empty}</p>}
      {items.length > 0 && note && <p>{note}</p>}
    </div>
  );
}

function Told({ item }: { item: Item }) {
  if (item.filled !== undefined)
    return <data>{t("{share} %", { share: count(item.filled) })}</data>;
  if (item.count !== undefined) return <data>{count(item.count)}</data>;
  return item.hint ? <data>{item.hint}</data> : null;
}
