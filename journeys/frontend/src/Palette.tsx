// The kinds of steps beside the canvas: to be dragged onto a "+", or clicked to come after the
// selected step.
import { useEditor } from "./editor";
import { wayAfter } from "./model/edits";
import { KINDS, type Kind } from "./model/steps";
import { HINTS } from "./Menu";
import { Icon } from "./parts";
import { capital, ICONS } from "./summary";
import { t } from "./words";

export function Palette() {
  const editor = useEditor();
  const add = (kind: Kind) =>
    editor.insert(
      editor.selected ? wayAfter(editor.steps, editor.ways, editor.selected) : lastWay(editor.ways),
      kind,
    );
  return (
    <div
      className="sje-palette"
      role="toolbar"
      aria-label={t("Kinds of steps")}
      aria-orientation="vertical"
    >
      {KINDS.map((kind) => (
        <button
          key={kind}
          type="button"
          className={`sje-piece sje-kind-${kind}`}
          draggable
          title={HINTS[kind]()}
          disabled={editor.locked}
          onClick={() => add(kind)}
          onDragStart={(event) => event.dataTransfer.setData("application/x-sojourn-kind", kind)}
        >
          <span className="sje-icon">
            <Icon name={ICONS[kind]} />
          </span>
          <span>{capital(editor.boot.kinds[kind] ?? kind)}</span>
        </button>
      ))}
    </div>
  );
}

function lastWay(ways: { key: string; to: string | null }[]): string {
  return (ways.findLast((way) => way.to === "end") ?? ways[0])!.key;
}
