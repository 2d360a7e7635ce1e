// A way from step to step: its line, when it is taken, how many took it, and the place to add a
// step.
import { BaseEdge, EdgeLabelRenderer, type Edge, type EdgeProps } from "@xyflow/react";
import { memo, useState, type DragEvent } from "react";
import { useEditor } from "../editor";
import type { Line } from "../model/layout";
import { KINDS, type Kind } from "../model/steps";
import { useShow, type Walked } from "../show";
import { labelOf } from "../summary";
import { count, share, t } from "../words";
import { Icon } from "../parts";

export interface WayData extends Record<string, unknown> {
  line: Line;
}

export const WayEdge = memo(function WayEdge({ data }: EdgeProps<Edge<WayData>>) {
  const { way, path, label } = data!.line;
  const editor = useEditor();
  const show = useShow();
  const said = labelOf(way.exit, editor.sentences);
  const taken = show.walked.get(way.key);
  const width = taken && show.most > 0 ? 1.5 + 5 * Math.sqrt(taken.customers / show.most) : 1.5;
  const classes = ["sje-line"];
  if (editor.selected === way.from) classes.push("is-own");
  if (show.drawn.gone.has(way.key)) classes.push("is-gone");
  if (show.drawn.fresh.has(way.key)) classes.push("is-fresh");
  const fixed = way.exit?.fixed || editor.locked || show.drawn.gone.has(way.key);
  return (
    <>
      <BaseEdge
        path={path}
        style={{ strokeWidth: width }}
        className={classes.join(" ")}
        markerEnd="url(#sje-arrow)"
      />
      <EdgeLabelRenderer>
        <div
          className="sje-way nopan"
          style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }}
        >
          {(said || taken) && (
            <span className="sje-label">
              {said && (
                <span className="sje-when" title={said}>
                  {said}
                </span>
              )}
              {taken && <Taken taken={taken} />}
            </span>
          )}
          {!fixed && <Plus way={way.key} said={said} from={way.from} />}
        </div>
      </EdgeLabelRenderer>
    </>
  );
});

function Taken({ taken }: { taken: Walked }) {
  const show = useShow();
  const told = show.percent ? share(taken.customers, taken.of) : count(taken.customers);
  const title = t("{part} of {whole} who went on from here", {
    part: count(taken.customers),
    whole: count(taken.of),
  });
  if (!taken.url) return <b title={title}>{told}</b>;
  return (
    <a href={taken.url} tabIndex={-1} title={title}>
      {told}
    </a>
  );
}

function Plus({ way, said, from }: { way: string; said: string; from: string }) {
  const editor = useEditor();
  const show = useShow();
  const [over, setOver] = useState(false);
  const label = said
    ? t("Add a step after {step}: {way}", { step: from, way: said })
    : t("Add a step after {step}", { step: from });
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const kind = event.dataTransfer.getData("application/x-sojourn-kind") as Kind;
    const key = event.dataTransfer.getData("application/x-sojourn-step");
    if (KINDS.includes(kind)) editor.insert(way, kind);
    else if (key) editor.move(key, way);
  };
  return (
    <button
      type="button"
      className={over ? "sje-plus is-over" : "sje-plus"}
      aria-label={label}
      title={t("Add a step")}
      data-way={way}
      tabIndex={-1}
      onClick={(event) => show.ask(way, event.currentTarget)}
      onDrop={drop}
      onDragLeave={() => setOver(false)}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
    >
      <Icon name="add" />
    </button>
  );
}
