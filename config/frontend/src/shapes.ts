// Shapes that the library does not have: a cell of a grid, an interval with its middle.
import type { CustomSeriesRenderItem } from "echarts";

/** One thing shown: `told` is what it says when pointed at, `said` what stands beside it. */
export interface Item {
  value?: number | (number | null)[];
  told?: string;
  said?: string;
  url?: string;
  share?: number;
  tone?: string;
}

/** The page's own type: texts in a drawing inherit nothing. */
export const family = (): string => getComputedStyle(document.body).fontFamily;

type Colour = (name: string) => string;
const GAP = 2;
const LIGHT = "#ffffff";
const DARK = "#11141c";

export function cell(items: Item[], colour: Colour): CustomSeriesRenderItem {
  return ({ dataIndex }, api) => {
    const item = items[dataIndex] ?? {};
    const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
    const [width = 0, height = 0] = api.size?.([1, 1]) as number[];
    const share = item.share ?? 0;
    const fill = colour(item.tone ?? "var(--sj-shade)");
    const opacity = share ? 0.12 + 0.88 * share : 0.05;
    return {
      type: "rect",
      shape: {
        x: x - width / 2 + GAP / 2,
        y: y - height / 2 + GAP / 2,
        width: Math.max(width - GAP, 1),
        height: Math.max(height - GAP, 1),
        r: 4,
      },
      style: { fill, opacity },
      textContent: {
        type: "text",
        style: {
          text: item.said ?? "",
          fill: readable(fill, colour("var(--sj-paper)"), opacity),
          fontFamily: family(),
          fontSize: width < 44 ? 10 : 12,
          lineHeight: 16,
          align: "center",
          verticalAlign: "middle",
        },
      },
      textConfig: { position: "inside" },
    };
  };
}

/** The text that stands out more from a colour that lies over the paper. */
export function readable(fill: string, paper: string, opacity: number): string {
  const [over, under] = [channels(fill), channels(paper)];
  const [red = 0, green = 0, blue = 0] = over.map((each, index) =>
    linear(each * opacity + (under[index] ?? 0) * (1 - opacity)),
  );
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.19 ? DARK : LIGHT; // where both stand out alike
}

const channels = (colour: string): number[] =>
  (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);

function linear(channel: number): number {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

/** From low to high a line, with a point between them: value is [row, low, middle, high]. */
export function interval(items: Item[], colour: Colour): CustomSeriesRenderItem {
  return ({ dataIndex }, api) => {
    const item = items[dataIndex] ?? {};
    const row = api.value(0);
    const [low = 0, y = 0] = api.coord([api.value(1), row]);
    const [middle = 0] = api.coord([api.value(2), row]);
    const [high = 0] = api.coord([api.value(3), row]);
    const fill = colour(item.tone ?? "var(--sj-info)");
    const stroke = { stroke: fill, lineWidth: 2 };
    const end = (x: number) => ({
      type: "line" as const,
      shape: { x1: x, x2: x, y1: y - 5, y2: y + 5 },
      style: stroke,
    });
    return {
      type: "group",
      children: [
        { type: "line", shape: { x1: low, x2: high, y1: y, y2: y }, style: stroke },
        end(low),
        end(high),
        { type: "circle", shape: { cx: middle, cy: y, r: 5 }, style: { fill } },
      ],
    };
  };
}
