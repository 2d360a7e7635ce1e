import { expect, test } from "vitest";
import { bars, total } from "../src/dryrun/bars";
import { clockOf, laid, type Moment } from "../src/dryrun/moments";
import { lines, type Day } from "../src/dryrun/play";
import { draw } from "../src/model/layout";
import { withGone } from "../src/model/ghosts";
import { END, ENTER, stepsOf, waysOf } from "../src/model/steps";
import { read } from "../src/model/tree";
import { ALL, daysBack } from "../src/numbers/days";
import { byStep } from "../src/versions/table";

const OLD = `journey: a
steps:
  - {id: pause, wait: 1h}
  - {id: mail, send: {channel: email}}
  - {id: text, send: {channel: sms}}
`;
const NEW = `journey: a
steps:
  - {id: pause, wait: 2h}
  - {id: text, send: {channel: sms}}
  - {id: later, wait: 1d}
`;

function beside(now: string, before: string | null) {
  const steps = stepsOf(read(now).data);
  return withGone(steps, waysOf(steps), before);
}

test("a step that has gone is drawn once more, with the ways that led to it and from it", () => {
  const found = beside(NEW, OLD);
  expect(found.steps.map((step) => step.key)).toEqual(["pause", "text", "later", "gone:mail"]);
  const gone = found.ways.filter((way) => found.gone.has(way.key));
  expect(gone.map((way) => [way.from, way.to])).toEqual([
    ["pause", "gone:mail"],
    ["gone:mail", "text"],
    ["text", END],
  ]);
  expect([...found.fresh]).toEqual(["pause>then", "text>then", "later>then"]);
});

test("what is drawn with what has gone has a place for everything", () => {
  const found = beside(NEW, OLD);
  const drawing = draw(found.steps, found.ways, 76);
  const places = new Set(drawing.places.map((place) => place.key));
  expect(places.has(ENTER) && places.has("gone:mail")).toBe(true);
  for (const line of drawing.lines) expect(places.has(line.to), line.way.key).toBe(true);
});

test("nothing has gone where both are the same, or nothing was there, or it cannot be read", () => {
  for (const before of [NEW, null, "a: ["]) {
    const found = beside(NEW, before);
    expect(found.gone.size).toBe(0);
    expect(found.fresh.size).toBe(0);
    expect(found.steps.length).toBe(3);
  }
});

test("values that differ stand under their steps, the journey's own first", () => {
  const found = byStep({
    old: OLD,
    new: NEW,
    steps: [
      { id: "later", change: "added", standing: 0 },
      { id: "pause", change: "changed", standing: 4 },
      { id: "mail", change: "removed", standing: 2 },
      { id: "text", change: "same", standing: 1 },
    ],
    fields: [
      { step: "", path: "title", before: null, after: "A" },
      { step: "pause", path: "wait", before: "1h", after: "2h" },
    ],
  });
  expect(found.map((each) => [each.step, each.change, each.standing, each.fields.length])).toEqual([
    ["", "", 0, 1],
    ["pause", "changed", 4, 1],
    ["later", "added", 0, 0],
    ["mail", "removed", 2, 0],
  ]);
});

test("days go back by the calendar, over the end of a month and the change of the clock", () => {
  const today = new Date(2026, 2, 30, 0, 30);
  expect(daysBack(ALL, today)).toEqual({ since: "", until: "" });
  expect(daysBack(0, today)).toEqual({ since: "2026-03-30", until: "" });
  expect(daysBack(6, today)).toEqual({ since: "2026-03-24", until: "" });
  expect(daysBack(29, today)).toEqual({ since: "2026-03-01", until: "" });
});

test("the tallest bar fills the chart, an empty day has none", () => {
  const days: Day[] = [
    { date: "2026-01-01", sent: { email: 3, sms: 1 } },
    { date: "2026-01-02", sent: {} },
    { date: "2026-01-03", sent: { email: 2 } },
  ];
  const drawn = bars(days, 300, 80);
  expect(days.map(total)).toEqual([4, 0, 2]);
  expect(drawn.map((bar) => bar.height)).toEqual([80, 0, 40]);
  for (const bar of drawn) expect(bar.x + bar.width).toBeLessThanOrEqual(300);
  expect(bars([], 300, 80)).toEqual([]);
});

test("lines are whole however the answer is cut", async () => {
  const bytes = new TextEncoder().encode('{"done":0}\n{"é":"я"}\n{"found":1}');
  for (const size of [1, 2, 5, 100]) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size)
          controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    const found: string[] = [];
    for await (const line of lines(body)) found.push(line);
    expect(found).toEqual(['{"done":0}', '{"é":"я"}', '{"found":1}']);
  }
});

test("a walk stands where its last decision was, or where its message came from", () => {
  const moment = (at: number, step: string, letter = false): Moment => ({
    at: new Date(at * 1000).toISOString(),
    when: "",
    step,
    text: "",
    passed: true,
    criteria: [],
    inputs: [],
    message: letter ? { channel: "", to: "", subject: "", text: "", html: "" } : null,
  });
  const moments = [
    moment(0, ""),
    moment(0, "pause"),
    moment(3600, "mail"),
    moment(9000, "pause", true),
  ];
  expect(laid(moments, 0).walk).toEqual({ been: new Set(), at: null });
  expect(laid(moments, 1).walk).toEqual({ been: new Set(["pause"]), at: "pause" });
  expect(laid(moments, 2).walk).toEqual({ been: new Set(["pause", "mail"]), at: "mail" });
  expect(laid(moments, 3).walk?.at).toBe("pause");
  expect(clockOf(moments[0]!, moments[0]!)).toBe("");
  expect(clockOf(moments[3]!, moments[0]!)).toBe("2 hours 30 minutes");
});
