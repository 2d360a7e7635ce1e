// A box on the canvas: the entrance, a step, or an end.
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo, type DragEvent, type MouseEvent } from "react";
import { useEditor } from "../editor";
import type { Place } from "../model/layout";
import { ENTER, isMapping, list, text, type Step } from "../model/steps";
import { at, type Plain } from "../model/tree";
import type { Problem } from "../server";
import type { Change } from "../overlay";
import { useShow } from "../show";
import { iconOf, ICONS, titleOf } from "../summary";
import { t, tn } from "../words";
import { Icon, useFocus } from "../parts";
import { Figures } from "./Figures";

export interface PlaceData extends Record<string, unknown> {
  place: Place;
}

export const PlaceNode = memo(function PlaceNode({ data }: NodeProps<Node<PlaceData>>) {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Drawn place={data.place} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
});

function Drawn({ place }: { place: Place }) {
  if (place.kind === "end") return <div className="sje-end">{t("End")}</div>;
  if (place.kind === "nowhere") return <div className="sje-end sje-nowhere">{t("Nowhere")}</div>;
  return <Step place={place} />;
}

function Step({ place }: { place: Place }) {
  const show = useShow();
  return show.drawn.gone.has(place.key) ? <Ghost place={place} /> : <Box place={place} />;
}

/** A step that is there no more: where it stood, and where its customers go. */
function Ghost({ place }: { place: Place }) {
  const editor = useEditor();
  const show = useShow();
  const step = place.step!;
  const change = show.changes.get(step.id);
  return (
    <div
      className={`sje-node is-ghost sje-kind-${step.kind}`}
      style={{ width: place.width, height: place.height }}
      role="img"
      aria-label={`${step.id}: ${t("removed")}`}
    >
      <div className="sje-face">
        <span className="sje-icon">
          <Icon name={iconOf(step)} />
        </span>
        <span className="sje-said">
          <span className="sje-name">{titleOf(step, editor.boot)}</span>
          <span className="sje-id">{step.id}</span>
        </span>
        <Changed change={change ?? { change: "removed", standing: 0 }} />
      </div>
    </div>
  );
}

function Box({ place }: { place: Place }) {
  const editor = useEditor();
  const show = useShow();
  const { key, step } = place;
  const problems = show.places.get(key) ?? [];
  const change = step ? show.changes.get(step.id) : undefined;
  const found = show.found.has(key);
  const chosen = editor.chosen.includes(key);
  const face = useFocus(editor.selected === key);
  const title = step ? titleOf(step, editor.boot) : entrance(editor.data.enter, editor.sentences);
  const classes = ["sje-node", `sje-kind-${step?.kind ?? ENTER}`];
  if (chosen) classes.push("is-chosen");
  if (found) classes.push("is-found");
  if (change) classes.push(`is-${change.change}`);
  if (step && show.walk?.been.has(step.id)) classes.push("is-been");
  if (step && show.walk && show.walk.at === step.id) classes.push("is-at");
  if (step && show.unreached.has(key)) classes.push("is-unreached");
  const select = (event: MouseEvent) =>
    editor.select(key, event.shiftKey || event.ctrlKey || event.metaKey);
  return (
    <div className={classes.join(" ")} style={{ width: place.width, height: place.height }}>
      <button
        type="button"
        className="sje-face nopan"
        data-key={key}
        ref={face}
        tabIndex={show.tabStop === key ? 0 : -1}
        aria-pressed={chosen}
        aria-label={spoken(step, title, problems, change)}
        onClick={select}
        onFocus={() => {
          if (!chosen) editor.select(key);
        }}
        draggable={step !== null && !editor.locked}
        onDragStart={(event) => step && drag(event, key)}
      >
        <span className="sje-icon">
          <Icon name={step ? iconOf(step) : ICONS.enter} />
        </span>
        <span className="sje-said">
          <span className="sje-name" title={title}>
            {title}
          </span>
          <span className="sje-id">
            {step ? step.id || t("no id") : audience(editor.data.enter)}
          </span>
        </span>
        {show.notes.has(key) && (
          <span className="sje-note" title={show.notes.get(key)}>
            <Icon name="sticky_note_2" />
          </span>
        )}
        {problems.length > 0 && <Badge problems={problems} />}
        {change && <Changed change={change} />}
      </button>
      {show.numbers && step && <Figures id={step.id} />}
    </div>
  );
}

function drag(event: DragEvent, key: string): void {
  event.dataTransfer.setData("application/x-sojourn-step", key);
  event.dataTransfer.effectAllowed = "move";
}

function Badge({ problems }: { problems: Problem[] }) {
  const error = problems.some((problem) => problem.severity === "error");
  const told = problems.map((problem) => problem.message).join("\n");
  return (
    <span className={`sje-badge ${error ? "is-error" : "is-warning"}`} title={told}>
      <Icon name={error ? "error" : "warning"} />
      {problems.length}
    </span>
  );
}

function Changed({ change }: { change: Change }) {
  const words = { added: t("new"), changed: t("changed"), removed: t("removed"), same: "" };
  const standing = change.standing > 0 ? tn("{n} here", change.standing) : "";
  const goes = standing && change.goes ? `${standing} → ${change.goes}` : standing;
  const told = [words[change.change], goes].filter(Boolean).join(" · ");
  return told ? <span className={`sje-change is-${change.change}`}>{told}</span> : null;
}

function spoken(
  step: Step | null,
  title: string,
  problems: Problem[],
  change: Change | undefined,
): string {
  const parts = [
    step ? `${step.id || t("no id")}: ${title}` : t("Entrance: {what}", { what: title }),
  ];
  if (problems.length > 0) parts.push(tn("{n} problem", problems.length));
  if (change && change.change !== "same")
    parts.push({ added: t("new"), changed: t("changed"), removed: t("removed") }[change.change]);
  return parts.join(", ");
}

/** What lets customers in, on one line. */
function entrance(enter: Plain | undefined, sentences: Record<string, string>): string {
  const on = at(enter, ["on"]);
  const places = Array.isArray(on) ? on.map((_, index) => `enter/on/${index}`) : ["enter/on"];
  const names = list(on).map((each, index) => trigger(each, sentences[places[index]!] ?? ""));
  return names.filter(Boolean).join(", ") || t("Who enters?");
}

/** The server's words for a trigger; until they are here, what the document says. */
function trigger(value: Plain, said: string): string {
  if (!isMapping(value)) return "";
  // A name that is being typed is shown at once.
  if (!("event" in value) && said) return said;
  if (value.api === true) return t("by the API");
  const kind = ["event", "segment", "stage", "lifecycle", "date", "schedule", "cron"].find(
    (each) => each in value,
  );
  return kind ? text(value[kind]) : "";
}

function audience(enter: Plain | undefined): string {
  const parts = [at(enter, ["if"]) ? t("with a condition") : t("everybody")];
  const holdout = at(enter, ["holdout"]);
  if (typeof holdout === "number" && holdout > 0)
    parts.push(t("holdout {share} %", { share: holdout }));
  return parts.join(" · ");
}
