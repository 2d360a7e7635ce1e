// Conditions that nobody wrote: the builder draws them, and gives them back as they were.
import { add, prepareRuleGroup, remove, update, type RuleGroupType } from "react-querybuilder";
import { expect, test } from "vitest";
import { open, places, sorted, toCondition, toTree, type Group } from "../src/conditions/groups";
import { kindOf } from "../src/conditions/kinds";
import { measureOf, withMeasure } from "../src/conditions/measures";
import { patched, valueOf } from "../src/conditions/patch";
import { difference } from "../src/conditions/smallest";
import { at, setAt, type Mapping, type Plain } from "../src/model/tree";

type Dice = (sides: number) => number;
const MANY = 1500;

/** The same numbers each time. */
function dice(seed: number): Dice {
  let state = seed * 2654435761 + 1;
  return (sides) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % sides;
  };
}

const WORDS = [
  "country", "Order Completed", "a.b.c", "Привет", "yes", "5", "", "a: b", "- x", "#no", "null",
  "2026-12-01", "entry.cart_id", "30d", "'q'", "line\nline", "🎉", " led",
]; // prettier-ignore

function scalar(roll: Dice): Plain {
  return [WORDS[roll(WORDS.length)]!, roll(100) - 50, roll(2) === 0, roll(1000) / 8][roll(4)]!;
}

const OPERATORS = [
  "eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "contains", "not_contains", "starts_with",
  "ends_with", "exists", "before", "after", "within_last", "within_next", "ieq", "icontains", "is",
]; // prettier-ignore

const ODD: Plain[] = [{ deep: null }, null, [[1]], 5, true, "x"];

/** What an operator compares with, as the parser wants it. */
function compared(roll: Dice, operator: string): Plain {
  if (["in", "not_in"].includes(operator))
    return Array.from({ length: roll(4) }, () => scalar(roll));
  if (operator === "exists") return roll(2) === 0;
  if (/^(within|before|after|is)/.test(operator)) return WORDS[roll(WORDS.length)]!;
  return scalar(roll);
}

function checks(roll: Dice, odd: boolean): Mapping {
  const found: Mapping = {};
  for (let left = 1 + roll(2); left > 0; left--) {
    const operator = OPERATORS[roll(OPERATORS.length)]!;
    found[operator] = odd && roll(6) === 0 ? ODD[roll(ODD.length)]! : compared(roll, operator);
  }
  return found;
}

function measured(roll: Dice, odd: boolean): Mapping {
  return [
    {},
    { count: checks(roll, odd) },
    { count: { eq: 0 } },
    { sum: "revenue", ...checks(roll, odd) },
    { distinct: "sku", gte: 2 },
    { last_at: { within_last: "7d" } },
    { first_at: true, before: "2026-01-01" },
    { count: { gte: 1 }, sum: "x", gte: 2 },
    { gte: 3 },
  ][roll(odd ? 9 : 7)]! as Mapping;
}

function leaf(roll: Dice, odd: boolean): Plain {
  const word = () => WORDS[roll(WORDS.length)]!;
  const leaves: (() => Plain)[] = [
    () => ({ attribute: word(), ...checks(roll, odd) }),
    () => ({ context: word(), ...checks(roll, odd) }),
    () => ({
      event: word(),
      ...measured(roll, odd),
      ...(roll(2) ? { within: "30d" } : {}),
      ...(roll(2) ? { where: { [word()]: checks(roll, odd), "b.c": checks(roll, odd) } } : {}),
    }),
    () => ({
      sequence: Array.from({ length: 2 + roll(3) }, (_each, index) => ({
        event: word(),
        ...(roll(2) ? { where: { [word()]: checks(roll, odd) } } : {}),
        ...((index > 0 && roll(2)) || (odd && roll(9) === 0) ? { within: "1d" } : {}),
      })),
      ...(roll(2) ? { within: "30d" } : {}),
    }),
    () => ({ segment: word() }),
    () => ({ stage: roll(2) ? "loyalty" : ["growth", "loyalty"] }),
    () => ({ lifecycle: ["at_risk"] }),
    () => ({ consent: "email", ...(roll(2) ? { topic: word() } : {}) }),
    () => ({ reachable: "sms" }),
    () => ({ message: "opened", journey: word(), step: word(), within: "7d" }),
    () => ({ in_journey: word() }),
    () => ({ random: roll(100), salt: word() }),
    () => ({ near: { lat: 50, lon: 14, km: 25 } }),
    () => ({ unknown: [1, { a: null }] }),
    () => null,
    () => word(),
    () => ({}),
    () => ({ all: [], attribute: "x" }),
    () => ({ all: "no list" }),
    () => ({ segment: "a", stage: "b" }),
  ];
  return leaves[roll(odd ? leaves.length : 12)]!();
}

function condition(roll: Dice, odd: boolean, depth = 0): Plain {
  if (depth > 3 || roll(3) === 0) return leaf(roll, odd);
  const parts = () => Array.from({ length: roll(4) }, () => condition(roll, odd, depth + 1));
  return [
    () => ({ all: parts() }),
    () => ({ any: parts() }),
    () => ({ not: condition(roll, odd, depth + 1) }),
  ][roll(3)]!();
}

function built(given: Plain): Group {
  return prepareRuleGroup(toTree(given) as RuleGroupType) as Group;
}

test("what is drawn is given back as it was, whatever it is", () => {
  for (let seed = 0; seed < MANY; seed++) {
    const given = condition(dice(seed), true);
    expect(JSON.stringify(toCondition(built(given)))).toBe(JSON.stringify(given));
  }
});

test("every form of the language has a form of its own", () => {
  for (let seed = 0; seed < MANY; seed++) {
    const given = leaf(dice(seed), false);
    expect(kindOf(given)).toBe(Object.keys(given as object)[0]);
  }
});

test("a rule that comes and goes leaves the others as they were", () => {
  for (let seed = 0; seed < MANY; seed++) {
    const given = condition(dice(seed), true);
    const tree = built(given) as unknown as RuleGroupType;
    const rule = { field: "segment", operator: "", value: { segment: "vip" } };
    const more = add(tree, rule, []);
    const told = toCondition(more as unknown as Group);
    expect(JSON.stringify(told)).toContain('{"segment":"vip"}');
    const back = remove(more, [tree.rules.length]);
    expect(toCondition(back as unknown as Group)).toEqual(given);
  }
});

test("one rule changes alone", () => {
  const given: Plain = {
    all: [{ segment: "a" }, { any: [{ segment: "b" }, { stage: "loyalty" }] }],
  };
  const tree = built(given) as unknown as RuleGroupType;
  const next = update(tree, "value", { segment: "c" }, [1, 0]);
  expect(toCondition(next as unknown as Group)).toEqual({
    all: [{ segment: "a" }, { any: [{ segment: "c" }, { stage: "loyalty" }] }],
  });
});

test("the smallest difference turns one value into the other", () => {
  for (let seed = 0; seed < MANY; seed++) {
    const roll = dice(seed);
    const [old, next] = [condition(roll, true), condition(roll, true)];
    const found = difference(old, next);
    const put = (value: Plain | undefined, path: readonly (string | number)[]): unknown => {
      const [key, ...rest] = path;
      if (key === undefined) return found!.value;
      const copy = structuredClone(value) as Mapping;
      const inner = put(at(value, [key]), rest) as Plain | undefined;
      if (inner !== undefined) copy[key as string] = inner;
      else if (Array.isArray(copy)) copy.splice(key as number, 1);
      else delete copy[key as string];
      return copy;
    };
    expect(found ? put(old, found.path) : old).toEqual(next);
  }
});

test("the text says what the builder says", () => {
  for (let seed = 0; seed < MANY; seed++) {
    const roll = dice(seed);
    const [old, next] = [condition(roll, true), condition(roll, true)];
    const text = patched("", old);
    expect(valueOf(text)).toEqual(old);
    expect(valueOf(patched(text, next))).toEqual(next);
  }
});

test("comments stay where nothing changed", () => {
  const text = "# ours\nall:\n  - {segment: a} # the best\n  - {attribute: age, gte: 18}\n";
  const next = { all: [{ segment: "a" }, { attribute: "age", gte: 21 }] as Plain[] };
  expect(patched(text, next)).toBe(text.replace("18", "21"));
  expect(patched(text, { all: [{ segment: "a" }] })).toBe(
    "# ours\nall:\n  - {segment: a} # the best\n",
  );
  const more: Plain = {
    all: [{ segment: "a" }, { attribute: "age", gte: 18 }, { stage: "loyalty" }],
  };
  expect(patched(text, more)).toBe(`${text}  - {stage: loyalty}\n`);
  expect(patched(text, { any: [{ segment: "a" }] })).toBe("# ours\nany:\n  - {segment: a}\n");
});

test("what is clicked together bit by bit goes on below each other once a line is full", () => {
  const steps: Plain[] = [{ event: "Product Viewed" }, { event: "Order Completed" }];
  const rules: Plain[] = [{ sequence: [{ event: "" }, { event: "" }] }, { sequence: steps }];
  const said = { event: "Order Completed", within: "2d", where: { revenue: { gte: 20 } } };
  let text = "# ours\nall: []\n";
  for (const rule of rules) text = patched(text, { all: [rule] });
  expect(text).toBe(
    "# ours\nall:\n  - {sequence: [{event: Product Viewed}, {event: Order Completed}]}\n",
  );
  expect(patched(text, { all: [{ sequence: [steps[0]!, said] }] })).toBe(
    [
      "# ours", "all:", "  - sequence:", "      - {event: Product Viewed}",
      "      - {event: Order Completed, within: 2d, where: {revenue: {gte: 20}}}", "",
    ].join("\n"), // prettier-ignore
  );
});

test("a measure is read and written", () => {
  for (let seed = 0; seed < MANY; seed++) {
    const roll = dice(seed);
    const rule: Mapping = { event: "A", ...measured(roll, false), within: "1d" };
    const found = measureOf(rule)!;
    expect(withMeasure(rule, found)).toEqual(rule);
  }
});

test("a problem stands at the rule that it names", () => {
  const tree = toTree({ all: [{ segment: "" }, { not: { any: [{ attribute: "a", eq: null }] } }] });
  expect(places(tree).map(({ place }) => place)).toEqual([
    "condition.all[0]",
    "condition.all[1].not.any[0]",
  ]);
  const found = sorted(tree, [
    { path: "condition.all[1].not.any[0].eq" },
    { path: "condition.all[0].segment" },
    { path: "condition" },
  ]);
  expect([...found.keys()]).toEqual(["1.0", "0", ""]);
  expect(places(toTree({ segment: "x" }))[0]!.place).toBe("condition");
});

test("a rule that is not filled in yet is told from one that is", () => {
  const unfilled: Plain[] = [
    { attribute: "", eq: "x" },
    { attribute: "a", eq: "" },
    { attribute: "a" },
    { event: "" },
    { event: "A", count: {} },
    { event: "A", sum: "", gte: 1 },
    { event: "A", where: { "": { eq: 1 } } },
    { stage: [] },
    { random: 10, salt: "" },
    { not: { segment: "" } },
  ];
  for (const value of unfilled) expect(open(toTree(value))).toBe(true);
  const filled: Plain[] = [
    { attribute: "a", exists: false },
    { event: "A" },
    { event: "A", count: { eq: 0 }, where: { b: { gte: 1 } } },
    { random: 10, salt: "x" },
    { unknown: "" },
  ];
  for (const value of filled) expect(open(toTree(value))).toBe(false);
});

test("a document may begin with empty lines", () => {
  const text = "\n\njourney: x\nenter: {on: {event: A}}\n";
  const said = setAt(text, ["enter", "if"], { segment: "vip" });
  expect(valueOf(said)).toEqual({
    journey: "x",
    enter: { on: { event: "A" }, if: { segment: "vip" } },
  });
});
