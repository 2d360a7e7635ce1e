// Where everything stands: derived from the document, the same document always the same, never
// stored.
import dagre from "@dagrejs/dagre";
import { END, ENTER, type Step, type Way } from "./steps";

export const WIDTH = 252;
export const LABEL = { width: 150, height: 46 };
const PILL = { width: 84, height: 30 };
const GAP = { nodesep: 36, ranksep: 30 };

export interface Point {
  x: number;
  y: number;
}

export interface Place extends Point {
  key: string;
  kind: "step" | "enter" | "end" | "nowhere";
  step: Step | null;
  width: number;
  height: number;
}

export interface Line {
  way: Way;
  /** The place it leads to. */
  to: string;
  path: string;
  label: Point;
}

export interface Drawing {
  places: Place[];
  lines: Line[];
  width: number;
  height: number;
}

export function draw(steps: Step[], ways: Way[], height: number): Drawing {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", ...GAP, marginx: 24, marginy: 24 });
  const places = new Map<string, Omit<Place, "x" | "y">>();
  const add = (place: Omit<Place, "x" | "y">) => {
    places.set(place.key, place);
    graph.setNode(place.key, { width: place.width, height: place.height });
  };
  add({ key: ENTER, kind: "enter", step: null, width: WIDTH, height });
  for (const step of steps) add({ key: step.key, kind: "step", step, width: WIDTH, height });
  const targets = ways.map((way) => target(way, add));
  ways.forEach((way, index) =>
    graph.setEdge(
      way.from,
      targets[index]!,
      { ...LABEL, labelpos: "c", weight: way.exit?.fixed ? 1 : 2 },
      way.key,
    ),
  );
  dagre.layout(graph);
  const size = graph.graph() as { width?: number; height?: number };
  const found = [...places.values()].map((place): Place => {
    const { x, y } = graph.node(place.key) as Point;
    return { ...place, x: x - place.width / 2, y: y - place.height / 2 };
  });
  const labels = ways.map((way, index) => ({
    ...(graph.edge({ v: way.from, w: targets[index]!, name: way.key }) as Point),
  }));
  if (backwards(ways, labels))
    mirror(
      [
        ...found.map((place) => ({ at: place, width: place.width })),
        ...labels.map((at) => ({ at, width: 0 })),
      ],
      size.width ?? 0,
    );
  const byKey = new Map(found.map((place) => [place.key, place]));
  const lines = ways.map((way, index): Line => {
    const to = targets[index]!;
    const label = labels[index]!;
    return {
      way,
      to,
      label: { x: label.x, y: label.y },
      path: route(byKey.get(way.from)!, byKey.get(to)!, label),
    };
  });
  return { places: found, lines, width: size.width ?? 0, height: size.height ?? 0 };
}

/** Whether most ways out stand from right to left, against the order in which they are written. */
function backwards(ways: Way[], labels: Point[]): boolean {
  let balance = 0;
  for (let index = 1; index < ways.length; index++) {
    if (ways[index]!.from === ways[index - 1]!.from)
      balance += Math.sign(labels[index]!.x - labels[index - 1]!.x);
  }
  return balance < 0;
}

function mirror(things: { at: Point; width: number }[], width: number): void {
  for (const thing of things) thing.at.x = width - thing.at.x - thing.width;
}

/** Each step has an end of its own, so that no line crosses the page only to stop. */
function target(way: Way, add: (place: Omit<Place, "x" | "y">) => void): string {
  if (way.to !== null && way.to !== END) return way.to;
  const kind = way.to === END ? "end" : "nowhere";
  const key = `${kind}:${way.key}`;
  add({ key, kind, step: null, ...PILL });
  return key;
}

/** Down, aside to the column of the label, down that column, aside to the target, down into it. */
function route(from: Place, to: Place, label: Point): string {
  const start = { x: from.x + from.width / 2, y: from.y + from.height };
  const end = { x: to.x + to.width / 2, y: to.y };
  const first = start.y + GAP.ranksep / 2;
  const last = end.y - GAP.ranksep / 2;
  const corners = [
    start,
    { x: start.x, y: first },
    { x: label.x, y: first },
    { x: label.x, y: last },
    { x: end.x, y: last },
    end,
  ];
  return rounded(
    corners.filter(
      (point, index) =>
        index === 0 || point.x !== corners[index - 1]!.x || point.y !== corners[index - 1]!.y,
    ),
  );
}

function rounded(points: Point[]): string {
  let path = `M${points[0]!.x} ${points[0]!.y}`;
  for (let index = 1; index < points.length - 1; index++) {
    const [before, here, after] = [points[index - 1]!, points[index]!, points[index + 1]!];
    const radius = Math.min(10, apart(before, here) / 2, apart(here, after) / 2);
    const enter = towards(here, before, radius);
    const leave = towards(here, after, radius);
    path += ` L${enter.x} ${enter.y} Q${here.x} ${here.y} ${leave.x} ${leave.y}`;
  }
  const end = points.at(-1)!;
  return `${path} L${end.x} ${end.y}`;
}

function apart(one: Point, other: Point): number {
  return Math.abs(one.x - other.x) + Math.abs(one.y - other.y);
}

function towards(from: Point, to: Point, by: number): Point {
  return { x: from.x + Math.sign(to.x - from.x) * by, y: from.y + Math.sign(to.y - from.y) * by };
}
