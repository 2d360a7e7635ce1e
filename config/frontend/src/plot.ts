// One chart: drawn as SVG, in the colours of the page, told to those who do not see it.
import { BarChart, CustomChart, SankeyChart, TreemapChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { filled, writing, type Json, type Names } from "./option";
import { cell, family, interval, type Item } from "./shapes";

use([
  BarChart,
  CustomChart,
  SankeyChart,
  TreemapChart,
  GridComponent,
  MarkLineComponent,
  TooltipComponent,
  SVGRenderer,
]);

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const still = matchMedia("(prefers-reduced-motion: reduce)");

interface Given {
  series: { data?: Item[]; type?: string }[];
  [key: string]: unknown;
}

export class Plot {
  private drawn: EChartsType | null = null;
  private readonly voice = document.createElement("p");
  private at = -1;

  constructor(
    private readonly place: HTMLElement,
    private readonly given: Json,
  ) {
    this.voice.className = "sj-sr";
    this.voice.setAttribute("aria-live", "polite");
    place.after(this.voice);
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("blur", () => this.drawn?.dispatchAction({ type: "hideTip" }));
    new ResizeObserver(() => this.drawn?.resize()).observe(place);
    this.draw();
  }

  /** Draw anew: the colours have changed. */
  draw(): void {
    this.drawn?.dispose();
    this.drawn = init(this.place, theme(), { renderer: "svg" });
    const option = filled(this.given, this.names(), colour) as Given;
    this.drawn.setOption({ ...option, animation: !still.matches } as EChartsCoreOption);
    this.drawn.on("click", (found) => follow((found.data as Item | undefined)?.url));
  }

  /** Everything that has a word to say, in the order of the chart. */
  private items(): Item[] {
    const { series } = this.given as unknown as Given;
    return series[0]?.data ?? [];
  }

  private names(): Names {
    const items = this.items();
    return {
      ...writing(document.documentElement.lang || "en"),
      $told: (found: { data?: Item; name?: string }) => lines(found.data?.told ?? found.name ?? ""),
      $said: (found: { data?: Item }) => found.data?.said ?? "",
      $cell: cell(items, colour),
      $interval: interval(items, colour),
    };
  }

  private key(event: KeyboardEvent): void {
    const items = this.items();
    const step = STEPS[event.key];
    if (event.key === "Enter") return follow(items[this.at]?.url);
    if (event.key === "Escape") this.drawn?.dispatchAction({ type: "hideTip" });
    if (step === undefined || !items.length) return;
    event.preventDefault();
    this.at = (this.at + step + items.length) % items.length;
    this.voice.textContent = items[this.at]?.told ?? "";
    this.drawn?.dispatchAction({ type: "showTip", seriesIndex: 0, ...this.pointed() });
  }

  private pointed(): Record<string, unknown> {
    const tree = (this.given as unknown as Given).series[0]?.type === "treemap";
    return { dataIndex: tree ? this.at + 1 : this.at }; // a tree counts its root
  }
}

function follow(url: string | undefined): void {
  if (url?.startsWith("/")) location.assign(url);
}

/** Text, line by line, as elements: what people wrote is never read as HTML. */
function lines(text: string): HTMLElement {
  const told = document.createElement("div");
  for (const [index, line] of text.split("\n").entries()) {
    const row = told.appendChild(document.createElement("div"));
    row.textContent = line;
    if (!index) row.style.fontWeight = "600";
  }
  return told;
}

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** A colour of the page as every browser and the drawing understand it. */
function colour(name: string): string {
  const found = /^var\((--[\w-]+)\)$/.exec(name)?.[1] ?? "";
  const written = getComputedStyle(document.documentElement).getPropertyValue(found).trim();
  if (!probe || !written) return "#888";
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = resolved(written);
  probe.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 255] = probe.getImageData(0, 0, 1, 1).data;
  return `rgba(${red},${green},${blue},${(alpha / 255).toFixed(3)})`;
}

/** A variable may name another one. */
function resolved(written: string): string {
  const element = document.createElement("span");
  element.style.color = written;
  document.body.append(element);
  const found = getComputedStyle(element).color;
  element.remove();
  return found;
}

function theme(): Record<string, unknown> {
  const text = { color: colour("var(--sj-text)"), fontFamily: family(), fontSize: 12 };
  const line = { lineStyle: { color: colour("var(--sj-line)") } };
  const axis = {
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: colour("var(--sj-faint)") },
    nameTextStyle: { color: colour("var(--sj-faint)") },
    splitLine: line,
  };
  return {
    textStyle: text,
    categoryAxis: axis,
    valueAxis: axis,
    tooltip: {
      confine: true,
      backgroundColor: colour("var(--sj-paper)"),
      borderColor: colour("var(--sj-line)"),
      textStyle: { ...text, color: colour("var(--sj-strong)") },
      extraCssText: "max-width: 320px; white-space: normal;",
    },
  };
}
