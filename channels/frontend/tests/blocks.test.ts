import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { all, page, written, type Block } from "../src/model/blocks";
import * as edits from "../src/model/edits";
import { PIECES } from "../src/model/kinds";
import { nextSlot, slots } from "../src/model/slots";
import { scan } from "../src/model/scan";
import { pages, torn } from "./pages";

const MAIL = `<mjml>
  <mj-body>
    <mj-section padding="8px">
      <mj-column>
        <mj-text color="#333">Hello {{ customer.firstName|default('you') }}</mj-text>
        {% if customer.plan == "vip" %}
        <mj-button href="{{ link("vip") }}">VIP</mj-button>
        {% else %}
        <mj-image src="a.png" />
        {% endif %}
      </mj-column>
    </mj-section>
    {% for product in entry.products[:3] %}
    <mj-section><mj-column><mj-text>{{ product.name }}</mj-text></mj-column></mj-section>
    {% endfor %}
    {% include "footer" %}
  </mj-body>
</mjml>
`;

function body(text: string): Block {
  const found = page(text).body;
  if (!found) throw new Error("no body");
  return found;
}

function kinds(text: string): string {
  const told = (block: Block): string =>
    block.kind + (block.children.length ? `(${block.children.map(told).join(" ")})` : "");
  return body(text).children.map(told).join(" ");
}

function first(text: string, kind: Block["kind"]): Block {
  return [...all(body(text))].slice(1).find((each) => each.kind === kind)!;
}

const said = (text: string, block: Block) => text.slice(block.start, block.end);

/** What stands in the page, whatever its order. */
const told = (text: string) => text.replace(/\s/g, "").split("").toSorted().join("");

/** What the blocks say, one by one, in order. */
const leaves = (text: string) =>
  [...all(body(text))].filter((each) => !each.children.length).map((each) => said(text, each));

describe("a page is read", () => {
  test("its sections, columns, conditions and loops are blocks", () => {
    expect(kinds(MAIL)).toBe(
      "section(column(text condition(branch(button) branch(image)))) loop(section(column(text))) include",
    );
  });

  test("what stands in quotes or in code ends nothing", () => {
    const found = first(MAIL, "button");
    expect(found.attributes.map((each) => [each.name, each.value])).toEqual([
      ["href", `{{ link("vip") }}`],
    ]);
  });

  test.each([
    [`<mj-section>{% if a %}<mj-column>{% endif %}</mj-column></mj-section>`, "raw"],
    [`<mj-section><mj-column><p>x</p></mj-column></mj-section>`, "section(column(raw))"],
    [`<mj-hero><mj-text>x</mj-text></mj-hero>`, "raw"],
    [`<mj-section {% if a %}padding="0"{% endif %}></mj-section>`, "raw"],
    [`<mj-section></mj-section>`, "section"],
  ])("%s is %s", (inner, expected) => {
    expect(kinds(`<mjml><mj-body>${inner}</mj-body></mjml>`)).toBe(expected);
  });

  test.each(["", "<p>x</p>", "<mjml><mj-body>{% if a %}</mj-body></mjml>", "<mjml><mj-body>"])(
    "%s has no blocks",
    (text) => expect(page(text).body).toBeNull(),
  );
});

describe("nothing is lost", () => {
  test("the tokens of any text are the text", () => {
    fc.assert(
      fc.property(fc.oneof(pages, torn, fc.string()), (text) => {
        expect(
          scan(text)
            .map((each) => text.slice(each.start, each.end))
            .join(""),
        ).toBe(text);
      }),
    );
  });

  test("the blocks of any page are the page", () => {
    fc.assert(
      fc.property(fc.oneof(pages, torn), (text) => {
        expect(written(page(text))).toBe(text);
      }),
    );
  });

  test("blocks neither overlap nor leave their parent", () => {
    fc.assert(
      fc.property(fc.oneof(pages, torn), (text) => {
        for (const block of page(text).body ? all(body(text)) : []) {
          let place = block.inner.start;
          for (const child of block.children) {
            expect(child.start).toBeGreaterThanOrEqual(place);
            place = child.end;
          }
          expect(block.inner.end).toBeGreaterThanOrEqual(place);
        }
      }),
    );
  });

  test("most pages can be told apart", () => {
    const found = fc.sample(pages, { numRuns: 200, seed: 1 }).filter((text) => page(text).body);
    expect(found.length).toBe(200);
  });
});

/** Words outside of any element run together where they meet: they are no blocks to move about. */
const anyBlock = fc.tuple(pages, fc.nat()).map(([text, pick]) => {
  const found = [...all(body(text))].slice(1).filter((each) => /[<{]/.test(text[each.start]!));
  return { text, block: found.length ? found[pick % found.length]! : null };
});

describe("an edit rewrites its own element alone", () => {
  test("an attribute", () => {
    fc.assert(
      fc.property(
        anyBlock,
        fc.constantFrom("7px", "{{ a['b'] }}", `say "x"`, ""),
        (given, value) => {
          const { text, block } = given;
          if (!block?.attributes.length && block?.head.end === block?.end) return;
          if (!block || !/^<mj/.test(said(text, block)) || block.kind === "raw") return;
          const { text: next } = edits.setAttribute(text, block, "padding", value);
          expect(next.slice(0, block.head.start)).toBe(text.slice(0, block.head.start));
          expect(next.slice(next.length - (text.length - block.head.end))).toBe(
            text.slice(block.head.end),
          );
          const again = [...all(body(next))].find((each) => each.start === block.start)!;
          expect(again.attributes.find((each) => each.name === "padding")?.value ?? "").toBe(value);
        },
      ),
    );
  });

  test("a removed block takes nothing with it", () => {
    fc.assert(
      fc.property(anyBlock, ({ text, block }) => {
        if (!block || block.kind === "branch") return;
        const own = leaves(text);
        const next = edits.remove(text, block);
        const gone = [...all(block)].filter((each) => !each.children.length).length;
        const left = leaves(next).filter((each) => own.includes(each)).length;
        expect(left).toBeGreaterThanOrEqual(own.length - gone);
      }),
    );
  });

  test("a copy stands after its original", () => {
    fc.assert(
      fc.property(anyBlock, ({ text, block }) => {
        if (!block || block.kind === "branch") return;
        const next = edits.duplicate(text, block);
        const copy = [...all(body(next.text))].find((each) => each.start === next.at)!;
        expect(said(next.text, copy)).toBe(said(text, block));
        expect(next.text.slice(0, block.end)).toBe(text.slice(0, block.end));
        expect(next.text.endsWith(text.slice(block.end))).toBe(true);
      }),
    );
  });

  test("a block moves whole to any place that takes it", () => {
    fc.assert(
      fc.property(anyBlock, fc.nat(), ({ text, block }, pick) => {
        const from = block && edits.find(body(text), block.start, block.kind);
        const places = from ? slots(body(text), from) : [];
        if (!from || !places.length) return;
        const { holder, index } = places[pick % places.length]!;
        const next = edits.move(text, from, holder, index);
        const moved = [...all(body(next.text))].find(
          (each) => each.start === next.at && each.kind === block!.kind,
        )!;
        expect(said(next.text, moved)).toBe(said(text, block!));
        expect(told(next.text)).toEqual(told(text));
      }),
    );
  });

  test("up and down lead into conditions and out of them, through every place", () => {
    const text = first(MAIL, "text");
    let at = { text: MAIL, at: text.start };
    const seen: string[] = [];
    for (;;) {
      const from = edits.find(body(at.text), at.at, "text")!;
      seen.push(from.around.at(-1)!.kind);
      const slot = nextSlot(body(at.text), from, 1);
      if (!slot) break;
      at = edits.move(at.text, from, slot.holder, slot.index);
    }
    expect(seen).toEqual([
      "column",
      "branch",
      "branch",
      "branch",
      "branch",
      "column",
      "column",
      "column",
    ]);
    for (let back = seen.length - 1; back > 0; back -= 1) {
      const from = edits.find(body(at.text), at.at, "text")!;
      const slot = nextSlot(body(at.text), from, -1)!;
      at = edits.move(at.text, from, slot.holder, slot.index);
    }
    expect(at.text).toBe(MAIL);
  });

  test("words that would end the element are refused", () => {
    const text = first(MAIL, "text");
    expect(edits.setInner(MAIL, text, "a</mj-text><mj-text>b")).toBeNull();
    expect(edits.setInner(MAIL, text, "{% if a %}")).not.toBeUndefined();
    expect(edits.setInner(MAIL, text, "a <b>b</b>")!.text).toBe(
      MAIL.replace("Hello {{ customer.firstName|default('you') }}", "a <b>b</b>"),
    );
  });

  test("the test of a condition and of a loop", () => {
    const branch = first(MAIL, "branch");
    expect(edits.setTest(MAIL, branch, "customer.age > 3")!.text).toBe(
      MAIL.replace(`customer.plan == "vip"`, "customer.age > 3"),
    );
    expect(edits.setTest(MAIL, first(MAIL, "loop"), "p in entry.items")!.text).toContain(
      "{% for p in entry.items %}",
    );
    for (const bad of ["", "a %}{% endif %}", "a\nb", "{{ a }}"])
      expect(edits.setTest(MAIL, branch, bad)).toBeNull();
  });
});

describe("pieces", () => {
  test.each(PIECES.map((each, index) => [index, each.name] as const))(
    "%i %s is understood",
    (index) => {
      const { snippet, level } = PIECES[index]!;
      const inside = { row: snippet, column: `<mj-section>${snippet}</mj-section>`, item: "" };
      const item = `<mj-section><mj-column>${snippet}</mj-column></mj-section>`;
      const text = `<mjml><mj-body>${inside[level] || item}</mj-body></mjml>`;
      expect(body(text)).not.toBeNull();
      expect(kinds(text)).not.toContain("raw");
    },
  );

  test("a piece is put in on a line of its own", () => {
    const column = first(MAIL, "column");
    const next = edits.insert(MAIL, column, 1, "<mj-divider />");
    expect(next.text).toContain("</mj-text>\n        <mj-divider />\n        {% if");
    expect(next.text.slice(next.at)).toMatch(/^<mj-divider/);
    const empty = `<mjml><mj-body></mj-body></mjml>`;
    const put = edits.insert(empty, body(empty), 0, "<mj-section></mj-section>");
    expect(kinds(put.text)).toBe("section");
  });

  test("what stands on a row does not fit into a column", () => {
    const around = edits.find(body(MAIL), first(MAIL, "text").start, "text")!.around;
    const section = edits.find(body(MAIL), first(MAIL, "section").start, "section")!;
    expect(edits.fits(section.block, section.around, around)).toBe(false);
    expect(edits.levelInside(around)).toBe("item");
    expect(edits.levelInside([body(MAIL)])).toBe("row");
    expect(edits.levelInside([body(MAIL), first(MAIL, "loop")])).toBe("row");
  });

  test("a block is wrapped into a condition, which gets its other side", () => {
    const wrapped = edits.wrap(MAIL, first(MAIL, "text"), "customer.vip");
    expect(kinds(wrapped.text)).toContain("condition(branch(text))");
    const condition = first(wrapped.text, "condition");
    const other = edits.addElse(wrapped.text, condition, "<mj-divider />");
    expect(kinds(other.text)).toContain("condition(branch(text) branch(divider))");
  });

  test("the words beside the subject are put in, and changed", () => {
    const once = edits.setPreview(MAIL, "Soon");
    expect(once).toContain("<mj-preview>Soon</mj-preview>");
    expect(edits.setPreview(once, "Now")).toBe(once.replace("Soon", "Now"));
  });
});
