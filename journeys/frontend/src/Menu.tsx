// The menu of step kinds behind every "+": typing narrows it, arrows walk it, Enter takes one.
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useEditor } from "./editor";
import { pasted } from "./model/edits";
import { KINDS, type Kind } from "./model/steps";
import { capital, ICONS, labelOf } from "./summary";
import { Icon } from "./parts";
import type { Asked } from "./show";
import { t } from "./words";

export const HINTS: Record<Kind, () => string> = {
  send: () => t("an e-mail, an SMS, a push or another message"),
  wait: () => t("a time, an hour of the day, or a date"),
  wait_for: () => t("until something happens, or the time is out"),
  branch: () => t("other ways for other customers"),
  split: () => t("an A/B test, or a control group"),
  update: () => t("set attributes, record a consent"),
  call: () => t("ask another system and use its answer"),
  enroll: () => t("let the customer into another journey as well"),
  leave: () => t("end the walk with a reason"),
};

interface Item {
  key: string;
  icon: string;
  name: string;
  hint: string;
  take(way: string): void;
}

export function Menu({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const editor = useEditor();
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const [way, setWay] = useState(asked.way);
  const [before] = useState(() => document.activeElement);
  const field = useRef<HTMLInputElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const away = (event: MouseEvent) => {
      if (!frame.current?.contains(event.target as Node)) onClose();
    };
    document.addEventListener("mousedown", away);
    return () => document.removeEventListener("mousedown", away);
  }, [onClose]);

  const items: Item[] = KINDS.map((kind) => ({
    key: kind,
    icon: ICONS[kind],
    name: capital(editor.boot.kinds[kind] ?? kind),
    hint: HINTS[kind](),
    take: (on) => editor.insert(on, kind),
  }));
  if (pasted(editor.clip)) {
    items.push({
      key: "paste",
      icon: "content_paste",
      name: t("Paste"),
      hint: t("the steps that were copied"),
      take: (on) => editor.paste(on, editor.clip),
    });
  }
  const wanted = words.trim().toLowerCase();
  const shown = items.filter((item) =>
    `${item.name} ${item.hint} ${item.key}`.toLowerCase().includes(wanted),
  );
  const take = (item: Item | undefined) => {
    if (!item) return;
    onClose();
    item.take(way);
  };
  const walk = (event: KeyboardEvent) => {
    event.stopPropagation();
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const by = steps[event.key];
    if (by) setAt((now) => (now + by + shown.length) % Math.max(1, shown.length));
    else if (event.key === "Enter" && event.target === field.current)
      take(shown[Math.min(at, shown.length - 1)]);
    else if (event.key === "Escape") {
      onClose();
      if (before instanceof HTMLElement) before.focus();
    } else return;
    event.preventDefault();
  };
  const others = editor.ways.filter((each) => each.from === way.split(">")[0] && !each.exit?.fixed);
  return (
    <div
      ref={frame}
      className="sje-menu"
      role="dialog"
      aria-label={t("Add a step")}
      style={spot(asked)}
      onKeyDown={walk}
    >
      {others.length > 1 && (
        <label className="sje-menu-way">
          {t("On the way")}
          <select className="sj-input" value={way} onChange={(event) => setWay(event.target.value)}>
            {others.map((each) => (
              <option key={each.key} value={each.key}>
                {labelOf(each.exit, editor.sentences) || t("next")}
              </option>
            ))}
          </select>
        </label>
      )}
      <input
        ref={field}
        className="sj-input"
        type="search"
        role="combobox"
        aria-expanded="true"
        aria-controls="sje-kinds"
        aria-activedescendant={shown[at] && `sje-kind-${shown[at].key}`}
        aria-label={t("Search for a kind of step")}
        placeholder={t("Search for a kind of step")}
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setAt(0);
        }}
      />
      <ul id="sje-kinds" role="listbox" aria-label={t("Kinds of steps")}>
        {shown.map((item, index) => (
          <li
            key={item.key}
            id={`sje-kind-${item.key}`}
            role="option"
            aria-selected={index === at}
            className={`sje-kind-${item.key}`}
            onMouseEnter={() => setAt(index)}
            onClick={() => take(item)}
          >
            <span className="sje-icon">
              <Icon name={item.icon} />
            </span>
            <span>
              <b>{item.name}</b>
              <small>{item.hint}</small>
            </span>
          </li>
        ))}
        {shown.length === 0 && <li className="sje-none">{t("Nothing like that")}</li>}
      </ul>
    </div>
  );
}

/** Beside what was clicked, and inside the window. */
function spot(asked: Asked): { left: number; top: number } {
  const [width, height] = [320, 470];
  return {
    left: Math.max(8, Math.min(asked.x + 12, window.innerWidth - width - 8)),
    top: Math.max(8, Math.min(asked.y - 20, window.innerHeight - height - 8)),
  };
}
