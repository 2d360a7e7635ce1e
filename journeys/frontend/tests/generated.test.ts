// Five hundred documents that nobody wrote: what the canvas makes of them it gives back.
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { insert, move, paste, copy, remove } from "../src/model/edits";
import { draw } from "../src/model/layout";
import { KINDS, stepsOf, subtree, waysOf, type Kind } from "../src/model/steps";
import {
  at,
  read,
  setAt,
  stepPieces,
  withPieces,
  type Mapping,
  type Plain,
} from "../src/model/tree";

const TEXTS = [
  "Hello",
  "a: b",
  "# no comment",
  "- x",
  "yes",
  "1",
  "1.0",
  "null",
  "",
  " led",
  "line\nline",
  "trail ",
  "'q'",
  '"q"',
  "{{ customer.firstName }}",
  "Привет, мир",
  "emoji 🎉",
  "{a}",
  "[b]",
  "a, b",
  "0x1f",
  "2026-01-01",
  "~",
  "on",
  "&a",
  "*b",
  "!c",
  "%d",
  "@e",
  "`f`",
  "tab\there",
  "end\n",
  "\n start",
  "back\\slash",
];

/** The same numbers each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2654435761 + 1;
  return (sides) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % sides;
  };
}

function step(kind: Kind, id: string, ids: string[], roll: (sides: number) => number): Mapping {
  const said = () => TEXTS[roll(TEXTS.length)]!;
  const to = () => [{}, { then: ids[roll(ids.length)]! }, { then: "end" }][roll(3)] as Mapping;
  const bodies: Record<Kind, () => Mapping> = {
    send: () => ({
      send: {
        channel: roll(2) ? "email" : ["push", "sms"],
        subject: said(),
        text: said(),
        "x-unknown": said(),
      },
      ...to(),
    }),
    wait: () => ({
      wait: [
        `${roll(90) + 1}h`,
        { until: "09:00", on: ["mon"] },
        { date: "entry.at", offset: "-1d", if_past: "skip" },
      ][roll(3)] as Plain,
      ...to(),
    }),
    wait_for: () => ({
      wait_for: {
        any: [
          { event: said() || "x", ...to() },
          { if: { attribute: "a", eq: said() }, ...to() },
        ],
        timeout: roll(4) ? "2d" : "never",
      },
    }),
    branch: () => ({
      branch: [
        { if: { all: [{ attribute: "b", ne: said() }] }, ...to() },
        { if: { segment: "vip" }, ...to() },
      ] as Plain,
      else: ids[roll(ids.length)]!,
    }),
    split: () => ({
      split: [
        { arm: "A", share: 50, ...to() },
        { arm: "B", share: 50, ghost: true, ...to() },
      ],
    }),
    update: () => ({
      update: { set: { a: said(), b: roll(9), c: roll(2) === 1 }, unset: ["d"] },
      ...to(),
    }),
    call: () => ({
      call: {
        url: "https://example.com",
        body: { deep: [{ er: said() }] },
        on_error: roll(2) ? "continue" : ids[roll(ids.length)]!,
      },
      ...to(),
    }),
    enroll: () => ({ enroll: "other", ...to() }),
    leave: () => ({ leave: said() }),
  };
  return { id, ...bodies[kind]() };
}

function document(seed: number): string {
  const roll = dice(seed);
  const ids = Array.from({ length: 1 + roll(9) }, (_each, index) => `s${index}`);
  const steps = ids.map((id) => step(KINDS[roll(KINDS.length)]!, id, ids, roll));
  const data = {
    journey: "generated",
    title: TEXTS[roll(TEXTS.length)]!,
    enter: { on: [{ event: "Signed Up" }] },
    steps,
  };
  const styles = [
    () => stringify(data),
    () => stringify(data, { indentSeq: false }),
    () => stringify(data, { indent: 4, lineWidth: 40 }),
    () => stringify(data, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" }),
    () => JSON.stringify(data),
    () => stringify(data, { collectionStyle: "flow" }),
  ];
  const text = styles[roll(styles.length)]!();
  return roll(2) || text.startsWith("{")
    ? text
    : `# head\n${text.replace(/^( *)- id: (s\d)$/gm, "$1# about $2\n$1- id: $2  # beside $2")}`;
}

const SEEDS = Array.from({ length: 500 }, (_each, index) => index + 1);

function lined(text: string): string[] {
  return waysOf(stepsOf(read(text).data))
    .map((way) => `${way.key}=${way.to}`)
    .sort();
}

test("pieces put together are the document", () => {
  for (const seed of SEEDS) {
    const text = document(seed);
    const data = parse(text) as Plain;
    expect(read(text).data, `seed ${seed}`).toEqual(data);
    const again = withPieces(text, stepPieces(text).pieces);
    expect(parse(again), `seed ${seed}`).toEqual(data);
    if (!text.trimStart().startsWith("{")) expect(again, `seed ${seed}`).toBe(text);
  }
});

test("a value that is written and written back leaves the document as it was", () => {
  for (const seed of SEEDS) {
    const text = document(seed);
    const roll = dice(seed + 1000);
    const { data } = read(text);
    const index = roll((data.steps as Plain[]).length);
    const kind = stepsOf(data)[index]!.kind as Kind;
    const path = ["steps", index, kind] as const;
    const before = at(data, path)!;
    const other = setAt(text, path, TEXTS[roll(TEXTS.length)]!);
    expect(read(other).fault, `seed ${seed}`).toBe("");
    expect(parse(setAt(other, path, before)), `seed ${seed}`).toEqual(parse(text));
    for (const comment of text.match(/# (head|about s\d)/g) ?? [])
      expect(other, `seed ${seed}`).toContain(comment);
  }
});

test("whatever text is typed into a field is what the document says", () => {
  for (const seed of SEEDS) {
    const text = setAt(document(seed), ["steps", 0], {
      id: "s0",
      send: { channel: "email", subject: "x", text: "y" },
    });
    for (const said of [TEXTS[seed % TEXTS.length]!, TEXTS[(seed * 7) % TEXTS.length]!]) {
      const typed = setAt(setAt(text, ["steps", 0, "send", "subject"], said), ["title"], said);
      expect(at(read(typed).data, ["steps", 0, "send", "subject"]), `seed ${seed}`).toBe(said);
      expect(read(typed).data.title, `seed ${seed}`).toBe(said);
    }
  }
});

test("a step that comes on any way and goes again leaves every way where it led", () => {
  for (const seed of SEEDS) {
    const text = document(seed);
    const ways = waysOf(stepsOf(read(text).data)).filter(
      (way) => !way.exit?.fixed && way.to !== null,
    );
    const way = ways[seed % ways.length]!;
    const more = insert(text, way.key, KINDS[seed % KINDS.length]!);
    expect(lined(more.text), `seed ${seed}`).toContain(`${way.key}=${more.select}`);
    const kept = lined(text).filter((each) => !each.startsWith(`${way.key}=`) && !skips(each));
    for (const each of kept) expect(lined(more.text), `seed ${seed}`).toContain(each);
  }
});

/** A way past the step that follows goes by the order of steps alone. */
function skips(way: string): boolean {
  return way.includes(">past=");
}

test("edits of the flow never lose a step that was not meant", () => {
  for (const seed of SEEDS) {
    const text = document(seed);
    const steps = stepsOf(read(text).data);
    const ways = waysOf(steps);
    const key = steps[seed % steps.length]!.key;
    const keys = subtree(steps, ways, key);
    const ids = (after: string) =>
      stepsOf(read(after).data)
        .map((each) => each.id)
        .sort();
    const rest = steps
      .filter((each) => !keys.includes(each.key))
      .map((each) => each.id)
      .sort();
    expect(ids(remove(text, keys).text), `seed ${seed}`).toEqual(rest);
    const moved = move(text, keys, ways[seed % ways.length]!.key);
    if (moved) expect(ids(moved.text), `seed ${seed}`).toEqual(steps.map((each) => each.id).sort());
    const more = paste(text, ways[0]!.key, copy(text, keys))!;
    expect(ids(more.text).length, `seed ${seed}`).toBe(steps.length + keys.length);
    if (seed % 10 === 0)
      expect(draw(steps, ways, 76).places.length, `seed ${seed}`).toBeGreaterThan(steps.length);
  }
});
