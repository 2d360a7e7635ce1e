// Pages of many shapes, whole and broken, from a seed.
import fc from "fast-check";

const WORDS = [
  "Hello {{ customer.firstName|default('you') }}",
  "a < b",
  "&nbsp;",
  "é – “x”",
  "{{ a }}",
];
const word = fc.constantFrom(...WORDS);
const gap = fc.constantFrom("", "\n", "\n    ", " ", "\n\n  ");
const value = fc.constantFrom(
  "10px",
  "{{ customer.x }}",
  `{{ link("a") }}`,
  "",
  "https://x.example/?a=1&b=2",
);
const attributes = fc
  .uniqueArray(fc.tuple(fc.constantFrom("padding", "width", "css-class"), value, gap), {
    maxLength: 3,
    selector: ([name]) => name,
  })
  .map((each) => each.map(([name, said, space]) => `${space || " "}${name}="${said}"`).join(""));

const leaf = fc.oneof(
  fc.tuple(attributes, word).map(([a, w]) => `<mj-text${a}><p>${w}</p></mj-text>`),
  fc.tuple(attributes, word).map(([a, w]) => `<mj-button${a}>${w}</mj-button>`),
  attributes.map((a) => `<mj-image${a} />`),
  attributes.map((a) => `<mj-divider${a}></mj-divider>`),
  attributes.map((a) => `<mj-table${a}><tr><td>{% for x in y %}1{% endfor %}</td></tr></mj-table>`),
  fc.constant(`<mj-text {% if a %}color="red"{% endif %}>x</mj-text>`),
  fc.constantFrom(
    "<!-- <mj-text> -->",
    "{# a note #}",
    "{% set x = 1 %}",
    "{% include 'footer' %}",
  ),
  fc.constantFrom("{% raw %}{% if %}{% endraw %}", "loose words", "{{ customer.plan }}"),
);

function around(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const many = fc
    .array(fc.tuple(gap, inner, gap), { maxLength: 4 })
    .map((each) => each.map((parts) => parts.join("")).join(""));
  return fc.oneof(
    many,
    fc.tuple(many, many).map(([a, b]) => `{%- if customer.x > 3 %}${a}{% else %}${b}{% endif -%}`),
    fc.tuple(many, many).map(([a, b]) => `{% if a %}${a}{% elif b == "%}" %}${b}{% endif %}`),
    many.map((a) => `{% for item in entry.items[:3] %}${a}{% endfor %}`),
  );
}

const columns = fc
  .tuple(attributes, around(leaf))
  .map(([a, inner]) => `<mj-column${a}>${inner}</mj-column>`);
const sections = fc
  .tuple(attributes, around(columns))
  .map(([a, inner]) => `<mj-section${a}>${inner}</mj-section>`);

export const pages = around(sections).map(
  (inner) =>
    `<mjml><mj-head><mj-preview>Soon</mj-preview></mj-head><mj-body>${inner}</mj-body></mjml>`,
);

/** A page with a stretch of it taken out or doubled: anything may be torn. */
export const torn = fc
  .tuple(pages, fc.nat(), fc.nat(40), fc.boolean())
  .map(([text, from, length, doubled]) => {
    const start = from % (text.length + 1);
    const part = text.slice(start, start + length);
    return text.slice(0, start) + (doubled ? part + part : "") + text.slice(start + length);
  });
