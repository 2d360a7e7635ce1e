import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copy, insert, move, paste, remove, rename, connect } from "../src/model/edits";
import { begin, change, redo, undo } from "../src/model/history";
import { stepsOf, subtree, waysOf } from "../src/model/steps";
import { read, setAt, stepPieces, withPieces } from "../src/model/tree";
import { stepSpans } from "../src/model/spans";

const LIBRARY = join(__dirname, "../../../templates/messages/journeys");
const STARTERS = readdirSync(LIBRARY)
  .filter((name) => name.endsWith(".yaml") && !name.endsWith(".test.yaml"))
  .map((name) => [name, readFileSync(join(LIBRARY, name), "utf8")] as const);

const CART = `# Baskets that were left.
journey: abandoned-cart             # slug
enter:
  on:
    - event: Cart Updated
steps:                              # falls through in order
  # a breath
  - id: pause
    wait: 1h                        # not too soon
  - id: test
    split:
      - {arm: A, share: 45, then: mail_a}
      - {arm: B, share: 45, then: mail_b}
      - {arm: control, share: 10, ghost: true, then: bought}
  - id: mail_a
    send: {channel: email, subject: "Hello", text: "…", x-note: kept}
    then: bought

  - id: mail_b
    send:
      channel: email
      text: |
        First line

        # no comment
        last line
  - id: bought
    wait_for:
      any:
        - {event: Order Completed, then: end}
      timeout: 2d
      then: nudge
  - id: nudge
    send: {channel: [push, sms], text: "Still?"}
`;

function shape(text: string): string[] {
  return waysOf(stepsOf(read(text).data)).map((way) => `${way.key}${way.to}`);
}

test.each(STARTERS)("%s is its pieces put together", (_name, text) => {
  expect(stepSpans(text)).not.toBeNull();
  expect(withPieces(text, stepPieces(text).pieces)).toBe(text);
});

test.each(STARTERS)("%s is what it was after a step came and went on every way", (_name, text) => {
  for (const way of waysOf(stepsOf(read(text).data))) {
    if (way.exit?.fixed) continue;
    const more = insert(text, way.key, "wait");
    const found = waysOf(stepsOf(read(more.text).data));
    expect(found.find((each) => each.key === way.key)?.to).toBe(more.select);
    expect(found.find((each) => each.key === `${more.select}>then`)?.to).toBe(way.to);
    const kept = shape(more.text).filter(
      (each) => !each.startsWith(`${way.key}`) && !each.startsWith(`${more.select}>`),
    );
    expect(kept).toEqual(shape(text).filter((each) => !each.startsWith(way.key)));
    const back = remove(more.text, [more.select!]);
    expect(shape(back.text).sort()).toEqual(shape(text).sort());
  }
});

test("an edit of a value touches nothing else", () => {
  const text = setAt(CART, ["steps", 0, "wait"], "3h");
  expect(text).toBe(CART.replace("wait: 1h ", "wait: 3h "));
  expect(setAt(CART, ["steps", 2, "send", "subject"], 'Say "hi", now')).toBe(
    CART.replace('"Hello"', '"Say \\"hi\\", now"'),
  );
});

test("an edit of a step leaves the other steps, comments and unknown keys as typed", () => {
  const text = setAt(CART, ["steps", 2, "send", "topic"], "news");
  expect(text).toContain(
    '{channel: email, subject: "Hello", text: "…", x-note: kept, topic: news}',
  );
  expect(text.replace(", topic: news", "")).toBe(CART);
  const gone = setAt(CART, ["steps", 0, "wait"], { until: "09:00", on: ["mon"] });
  expect(gone).toContain("wait: {until: 09:00, on: [mon]}".replace("09:00", "09:00"));
  expect(gone).toContain("# a breath");
  expect(gone.slice(gone.indexOf("  - id: test"))).toBe(CART.slice(CART.indexOf("  - id: test")));
});

test("new keys stand where an author would write them", () => {
  const text = setAt(CART, ["goal"], { event: "Order Completed", within: "7d" });
  expect(text.indexOf("\ngoal:")).toBeGreaterThan(text.indexOf("\nenter:"));
  expect(text.indexOf("\ngoal:")).toBeLessThan(text.indexOf("\nsteps:"));
  expect(setAt(text, ["goal"], undefined)).toBe(CART);
});

test("an empty journey takes its first step, and gives it back", () => {
  for (const start of [
    "journey: a\nsteps: []\n",
    "journey: a\n",
    '{"journey": "a", "steps": []}',
    "journey: a\nsteps: [] # none\nx: 1\n",
  ]) {
    const one = insert(start, "enter>", "wait");
    expect(shape(one.text)).toEqual(["enter>wait", "wait>thenend"]);
    const none = remove(one.text, ["wait"]);
    expect(read(none.text).data.steps).toEqual([]);
    expect(shape(insert(none.text, "enter>", "send").text)).toEqual(["enter>send", "send>thenend"]);
  }
});

test("a step on an arm that leads to a later one does not disturb the other arms", () => {
  const { text, select } = insert(CART, "test>split.2", "wait");
  expect(shape(text)).toContain(`test>split.2${select}`);
  expect(shape(text)).toContain(`${select}>thenbought`);
  expect(shape(text)).toContain("mail_b>thenbought");
});

test("a subtree is copied whole, under new ids, and leads on", () => {
  const steps = stepsOf(read(CART).data);
  const keys = subtree(steps, waysOf(steps), "bought");
  expect(keys).toEqual(["bought", "nudge"]);
  const found = paste(CART, "nudge>then", copy(CART, keys))!;
  expect(shape(found.text)).toContain("nudge>thenbought_2");
  expect(shape(found.text)).toContain("bought_2>timeoutnudge_2");
  expect(shape(found.text)).toContain("bought_2>any.0end");
  const other = paste("journey: b\nsteps: []\n", "enter>", copy(CART, keys))!;
  expect(shape(other.text)).toEqual([
    "enter>bought",
    "bought>any.0end",
    "bought>timeoutnudge",
    "nudge>thenend",
  ]);
});

test("a subtree moves to another way and keeps its ids", () => {
  const { text } = move(CART, ["mail_b"], "enter>")!;
  expect(shape(text)).toContain("enter>mail_b");
  expect(shape(text)).toContain("mail_b>thenpause");
  expect(shape(text)).toContain("test>split.1bought");
  expect(move(CART, ["mail_b"], "mail_b>then")).toBeNull();
});

test("a renamed step keeps those who lead to it", () => {
  const text = rename(CART, "bought", "wait_for_order");
  expect(text).not.toMatch(/then: bought|id: bought/);
  expect(text).toContain("any:\n        - {event: Order Completed, then: end}");
});

test("a way is led elsewhere", () => {
  expect(shape(connect(CART, "pause>then", "nudge"))).toContain("pause>thennudge");
});

test("a hundred changes can be taken back, and typing into one field is one change", () => {
  let history = begin("0");
  for (let number = 1; number <= 150; number++)
    history = change(history, String(number), null, "", number);
  for (let number = 0; number < 120; number++) history = undo(history);
  expect(history.now.text).toBe("50");
  history = redo(history);
  expect(history.now.text).toBe("51");
  let typed = begin("");
  typed = change(typed, "a", null, "f", 1000);
  typed = change(typed, "ab", null, "f", 1500);
  typed = change(typed, "abc", null, "f", 3000);
  expect(undo(typed).now.text).toBe("ab");
  expect(undo(undo(typed)).now.text).toBe("");
});
