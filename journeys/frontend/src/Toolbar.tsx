// What one does to the journey as a whole, above the canvas.
import type { View, WindowName } from "./App";
import { useEditor, type Editor } from "./editor";
import { savingWords } from "./saver";
import { draw } from "./model/layout";
import { ENTER } from "./model/steps";
import { address, download, png, svg, type Caption } from "./picture";
import { Icon, Tool } from "./parts";
import { useShow } from "./show";
import { labelOf, titleOf } from "./summary";
import { t } from "./words";

const WINDOWS: {
  side: WindowName;
  icon: string;
  says(): string;
  onlyPublished?: boolean;
}[] = [
  { side: "versions", icon: "history", says: () => t("Versions"), onlyPublished: true },
  { side: "dryrun", icon: "fast_forward", says: () => t("Dry run") },
  { side: "walk", icon: "directions_walk", says: () => t("Walk of one customer") },
];

export function Toolbar({
  view,
  put,
  open,
  narrow,
  words,
  setWords,
  onHelp,
  onPlan,
  onConflict,
  onZoom,
}: {
  view: View;
  put(part: Partial<View>): void;
  open(side: View["side"]): void;
  narrow: boolean;
  words: string;
  setWords(words: string): void;
  onHelp(): void;
  onPlan(): void;
  onConflict(): void;
  onZoom(how: "in" | "out" | "fit"): void;
}) {
  const editor = useEditor();
  const show = useShow();
  const next = () => {
    const keys = [...show.found];
    const at = editor.selected ? keys.indexOf(editor.selected) : -1;
    const key = keys[(at + 1) % Math.max(1, keys.length)];
    if (key) editor.select(key);
  };
  const canvas = !view.outline && !narrow;
  return (
    <div className="sje-toolbar" role="toolbar" aria-label={t("Canvas")}>
      <span className="sje-group">
        <Tool
          icon="undo"
          label={t("Undo")}
          keys="Ctrl+Z"
          disabled={!editor.canUndo || editor.locked}
          onClick={editor.undo}
        />
        <Tool
          icon="redo"
          label={t("Redo")}
          keys="Ctrl+Y"
          disabled={!editor.canRedo || editor.locked}
          onClick={editor.redo}
        />
      </span>
      {canvas && (
        <span className="sje-group">
          <Tool icon="remove" label={t("Farther")} keys="−" onClick={() => onZoom("out")} />
          <Tool
            icon="fit_screen"
            label={t("Show the whole journey")}
            keys="0"
            onClick={() => onZoom("fit")}
          />
          <Tool icon="add" label={t("Nearer")} keys="+" onClick={() => onZoom("in")} />
        </span>
      )}
      {!narrow && (
        <span className="sje-group">
          <Tool
            icon="schema"
            label={t("Canvas")}
            pressed={!view.outline}
            onClick={() => put({ outline: false })}
          />
          <Tool
            icon="format_list_bulleted"
            label={t("Outline")}
            pressed={view.outline}
            onClick={() => put({ outline: true })}
          />
        </span>
      )}
      <span className="sje-group">
        <Tool
          icon="code"
          label={t("Code")}
          pressed={view.side === "code"}
          onClick={() => open(view.side === "code" ? "panel" : "code")}
        />
        {editor.state.version !== null && (
          <Tool
            icon="monitoring"
            label={t("Numbers")}
            pressed={view.numbers}
            onClick={() => put({ numbers: !view.numbers })}
          />
        )}
        {editor.state.version !== null && view.numbers && (
          <Tool
            icon="percent"
            label={t("Percent")}
            pressed={view.percent}
            onClick={() => put({ percent: !view.percent })}
          />
        )}
        {WINDOWS.map(({ side, icon, says, onlyPublished }) =>
          onlyPublished && editor.state.version === null ? null : (
            <Tool
              key={side}
              icon={icon}
              label={says()}
              pressed={view.side === side}
              onClick={() => open(view.side === side ? "panel" : side)}
            />
          ),
        )}
        {canvas && (
          <Tool icon="image" label={t("Save as PNG")} onClick={() => void picture(editor, "png")} />
        )}
        {canvas && (
          <Tool
            icon="shapes"
            label={t("Save as SVG")}
            onClick={() => void picture(editor, "svg")}
          />
        )}
        {!narrow && (
          <Tool
            icon={view.wide ? "close_fullscreen" : "open_in_full"}
            label={t("Whole window")}
            pressed={view.wide}
            onClick={() => put({ wide: !view.wide })}
          />
        )}
        <Tool icon="keyboard" label={t("Keys")} keys="?" onClick={onHelp} />
      </span>
      <label className="sje-search">
        <Icon name="search" />
        <input
          type="search"
          className="sj-input"
          placeholder={t("Search for a step")}
          aria-label={t("Search for a step")}
          value={words}
          onChange={(event) => setWords(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") next();
            if (event.key === "Escape") {
              setWords("");
              event.currentTarget.blur();
            }
          }}
        />
        {words && <small>{show.found.size}</small>}
      </label>
      <span className="sje-last">
        <span className={`sje-saving is-${editor.saving}`} role="status" title={editor.refusal}>
          {savingWords(editor.saving, editor.state.revision)}
          {editor.saving === "refused" ? `: ${editor.refusal}` : ""}
        </span>
        {editor.saving === "conflict" && (
          <button type="button" className="sj-button" onClick={onConflict}>
            {t("What to do about it")}
          </button>
        )}
        {editor.boot.mayChange && (
          <button
            type="button"
            className="sj-button sj-button-primary"
            disabled={editor.locked || editor.saving === "unreadable"}
            onClick={onPlan}
          >
            <Icon name="rocket_launch" />
            {t("Review and publish")}
          </button>
        )}
      </span>
    </div>
  );
}

/** The journey as a file, as it stands on the canvas. */
async function picture(editor: Editor, as: "png" | "svg"): Promise<void> {
  const drawing = draw(editor.steps, editor.ways, 64);
  const captions = new Map<string, Caption>();
  for (const { key, kind, step } of drawing.places) {
    if (step)
      captions.set(key, { title: titleOf(step, editor.boot), below: step.id, tone: step.kind });
    else
      captions.set(
        key,
        key === ENTER
          ? { title: editor.state.title, below: editor.boot.slug, tone: ENTER }
          : { title: kind === "end" ? t("End") : t("Nowhere"), below: "", tone: "" },
      );
  }
  const drawn = svg(
    drawing,
    captions,
    new Map(editor.ways.map((way) => [way.key, labelOf(way.exit, editor.sentences)])),
  );
  download(
    as === "svg" ? address(drawn) : await png(drawn, drawing.width, drawing.height),
    `${editor.boot.slug}.${as}`,
  );
}
