// The canvas: the drawing of the journey, where nothing is dragged freely and everything has its
// place.
import {
  Background,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type Edge,
  type Node,
} from "@xyflow/react";
import { useEffect, useMemo, useRef, type RefObject } from "react";
import { useEditor } from "../editor";
import { draw, type Drawing, type Place } from "../model/layout";
import { ENTER } from "../model/steps";
import { useDark } from "../dark";
import { t } from "../words";
import { PlaceNode, type PlaceData } from "./PlaceNode";
import { WayEdge, type WayData } from "./WayEdge";
import { useShow } from "../show";

const NODES = { place: PlaceNode };
const EDGES = { way: WayEdge };
const MAP = { width: 128, height: 96 };
export const LOW = 76;
export const HIGH = 104;

export function Canvas() {
  return (
    <ReactFlowProvider>
      <Board />
    </ReactFlowProvider>
  );
}

function Board() {
  const editor = useEditor();
  const show = useShow();
  const dark = useDark();
  const height = show.numbers && show.figures !== null ? HIGH : LOW;
  const { steps, ways } = show.drawn;
  const drawing = useMemo(() => draw(steps, ways, height), [steps, ways, height]);
  const nodes = useMemo(() => drawing.places.map(toNode), [drawing]);
  const edges = useMemo(() => drawing.lines.map(toEdge), [drawing]);
  const labels = {
    "minimap.ariaLabel": t("Map of the journey"),
    "node.a11yDescription.default": "",
    "edge.a11yDescription.default": "",
  };
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={NODES}
      edgeTypes={EDGES}
      colorMode={dark ? "dark" : "light"}
      ariaLabelConfig={labels}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      elevateEdgesOnSelect={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode={null}
      multiSelectionKeyCode={null}
      minZoom={0.08}
      maxZoom={1.6}
      zoomOnDoubleClick={false}
      panOnScroll={false}
      onPaneClick={() => editor.select(null)}
    >
      <Background gap={22} size={1} />
      <MiniMap
        pannable
        zoomable
        nodeBorderRadius={8}
        style={MAP}
        nodeClassName={(node) => `sje-mini sje-mini-${tone(node as Node<PlaceData>)}`}
      />
      <View drawing={drawing} />
    </ReactFlow>
  );
}

function tone(node: Node<PlaceData>): string {
  return node.data.place.step?.kind ?? node.data.place.kind;
}

/** Sizes and handles are given, not measured: a node that is new has its edges at once. */
function toNode(place: Place): Node<PlaceData> {
  const { key, x, y, width, height } = place;
  const handle = { width: 1, height: 1 };
  return {
    id: key,
    type: "place",
    position: { x, y },
    width,
    height,
    measured: { width, height },
    data: { place },
    selectable: false,
    handles: [
      { type: "target", position: "top" as never, x: width / 2, y: 0, ...handle },
      { type: "source", position: "bottom" as never, x: width / 2, y: height, ...handle },
    ],
  };
}

function toEdge(line: Drawing["lines"][number]): Edge<WayData> {
  return { id: line.way.key, type: "way", source: line.way.from, target: line.to, data: { line } };
}

/** Whether a button of the pointer is held down. */
function usePressed(): RefObject<boolean> {
  const pressed = useRef(false);
  useEffect(() => {
    const look = (event: PointerEvent) => {
      pressed.current = event.type === "pointerdown";
    };
    const kinds = ["pointerdown", "pointerup", "pointercancel"] as const;
    for (const kind of kinds) window.addEventListener(kind, look, true);
    return () => kinds.forEach((kind) => window.removeEventListener(kind, look, true));
  }, []);
  return pressed;
}

/** Where the reader looks: at the beginning first, later at what is selected. */
function View({ drawing }: { drawing: Drawing }) {
  const flow = useReactFlow();
  const editor = useEditor();
  const show = useShow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const begun = useRef(false);
  const latest = useRef(drawing);
  latest.current = drawing;
  const pressed = usePressed();

  useEffect(() => {
    if (begun.current || width === 0) return;
    begun.current = true;
    const zoom = Math.min(1, Math.max(width / drawing.width, 0.75));
    const enter = drawing.places.find((place) => place.key === ENTER)!;
    const fits = width / drawing.width >= zoom;
    const x = fits
      ? (width - drawing.width * zoom) / 2
      : width / 2 - (enter.x + enter.width / 2) * zoom;
    void flow.setViewport({ x, y: 8, zoom });
  }, [width, height, drawing, flow]);

  useEffect(() => {
    const place = latest.current.places.find((each) => each.key === editor.selected);
    if (!place || width === 0) return undefined;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [place.x * zoom + x, place.y * zoom + y];
    const inside =
      left > 8 &&
      top > 8 &&
      left + place.width * zoom < width - 8 &&
      top + place.height * zoom < height - 60;
    if (inside) return undefined;
    const come = () =>
      void flow.setCenter(place.x + place.width / 2, place.y + place.height / 2 + 60 / zoom, {
        zoom: Math.max(zoom, 0.5),
        duration: 0,
      });
    if (!pressed.current) {
      come();
      return undefined;
    }
    // What is pressed stays under the pointer until it is let go, or it would not be clicked.
    const later = () => setTimeout(come);
    window.addEventListener("pointerup", later, { once: true });
    return () => window.removeEventListener("pointerup", later);
  }, [editor.selected, drawing, width, height, flow]);

  useEffect(() => {
    show.onZoom((how) => {
      if (how === "in") void flow.zoomIn();
      else if (how === "out") void flow.zoomOut();
      else void flow.fitView({ padding: 0.06 });
    });
  }, [flow, show]);
  return null;
}
