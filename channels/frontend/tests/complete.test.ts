import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { describe, expect, test } from "vitest";
import { complete, openCode, type Names } from "../src/code/complete";

const NAMES: Names = {
  attributes: [
    { name: "firstName", filled: 94, type: "string", example: '"Ann"' },
    { name: "shoe size", filled: 100, type: "number" },
  ],
  properties: [{ name: "cart_id", filled: 100, type: "string", example: '"c1"' }],
  filters: ["default", "upper"],
  templates: ["footer"],
};

function offered(before: string, given: { explicit?: boolean; expression?: boolean } = {}) {
  const state = EditorState.create({ doc: before });
  const context = new CompletionContext(state, before.length, given.explicit ?? false);
  const found = complete(() => NAMES, true, given.expression)(context);
  return found && { from: found.from, labels: found.options.map((each) => each.label), found };
}

describe("what fits is offered", () => {
  test.each([
    ["{{ customer.", "firstName"],
    ["{% if customer.fi", "firstName"],
    ["{{ entry.", "cart_id"],
    ["{{ customer.firstName|", "default"],
    ["{{ a | up", "upper"],
    ["{% ", "for"],
    ["{% include 'fo", "footer"],
    ["{{ links.", "unsubscribe"],
    ["{% if a is ", "defined"],
    ["{{ cus", "customer"],
    ["<mj-se", "mj-section"],
    ['<mj-image src="a" al', "alt"],
  ])("after %s comes %s", (before, label) => expect(offered(before)!.labels).toContain(label));

  test("what the sandbox refuses is not offered", () => {
    expect(offered("{% ")!.labels).not.toContain("macro");
    expect(offered("{{ a|")!.labels).toEqual(["default", "upper"]);
  });

  test("an attribute comes with how many have it, its type and an example", () => {
    const first = offered("{{ customer.")!.found.options[0]!;
    expect(first.detail).toBe("text · 94 % filled");
    expect(first.info).toBe('For example "Ann"');
    expect(offered("{{ ")!.labels).toContain('customer["shoe size"]');
  });

  test("outside of code only who asks is offered something, with a default where some lack it", () => {
    expect(offered("Hello ")).toBeNull();
    const asked = offered("Hello ", { explicit: true })!;
    expect(asked.found.options[0]!.apply).toBe("{{ customer.firstName|default('') }}");
  });

  test("in a text in quotes nothing is", () => expect(offered("{{ a == 'cus")).toBeNull());

  test("a condition is an expression from its start", () =>
    expect(offered("customer.", { expression: true })!.labels).toContain("firstName"));
});

test("code is open until it is closed", () => {
  expect(openCode("a {{ b")).toBe("{{ b");
  expect(openCode("a {{ b }} c")).toBeNull();
  expect(openCode("{{ '}}' ")).toBe("{{ '}}' ");
  expect(openCode("{% if a %}{{ b }}{% ")).toBe("{% ");
});
