// What can be put into a page, and what can be said of each block.
import type { Kind } from "./blocks";
import type { Level } from "./edits";
import { say } from "../words";

export interface Piece {
  name: string;
  icon: string;
  level: Level;
  snippet: string;
}

export interface Field {
  name: string;
  label: string;
  kind: "text" | "address" | "colour" | "choice" | "size";
  choices?: readonly string[];
  example?: string;
}

const COLUMN = `<mj-column>
  <mj-text>Write here.</mj-text>
</mj-column>`;
const PRODUCT = `{% for product in entry.products[:4] %}
<mj-section padding="8px 0">
  <mj-column width="30%">
    <mj-image src="{{ product.image_url }}" alt="{{ product.name }}" width="140px" />
  </mj-column>
  <mj-column width="70%">
    <mj-text><b>{{ product.name|default('Product') }}</b><br />{{ product.price|default('') }}</mj-text>
    <mj-button href="{{ product.url }}" align="left">Look again</mj-button>
  </mj-column>
</mj-section>
{% endfor %}`;
const CONDITIONS: Record<Level, string> = {
  row: `<mj-section>\n  <mj-column>\n    <mj-text>Only for them.</mj-text>\n  </mj-column>\n</mj-section>`,
  column: COLUMN,
  item: `<mj-text>Only for them.</mj-text>`,
};

/** Names are texts of the catalogue: `t` says them. */
export const PIECES: readonly Piece[] = [
  { name: say("Section"), icon: "view_agenda", level: "row", snippet: section(1) },
  { name: say("Two columns"), icon: "view_column_2", level: "row", snippet: section(2) },
  { name: say("Three columns"), icon: "view_week", level: "row", snippet: section(3) },
  { name: say("Product loop"), icon: "shopping_bag", level: "row", snippet: PRODUCT },
  { name: say("Condition"), icon: "call_split", level: "row", snippet: condition("row") },
  { name: say("Shared block"), icon: "extension", level: "row", snippet: `{% include "footer" %}` },
  { name: say("Column"), icon: "view_column", level: "column", snippet: COLUMN },
  { name: say("Condition"), icon: "call_split", level: "column", snippet: condition("column") },
  { name: say("Text"), icon: "notes", level: "item", snippet: `<mj-text>Write here.</mj-text>` },
  {
    name: say("Image"),
    icon: "image",
    level: "item",
    snippet: `<mj-image src="https://shop.example/image.png" alt="" />`,
  },
  {
    name: say("Button"),
    icon: "smart_button",
    level: "item",
    snippet: `<mj-button href="https://shop.example/">Open the shop</mj-button>`,
  },
  { name: say("Divider"), icon: "horizontal_rule", level: "item", snippet: `<mj-divider />` },
  { name: say("Space"), icon: "height", level: "item", snippet: `<mj-spacer height="24px" />` },
  { name: say("Condition"), icon: "call_split", level: "item", snippet: condition("item") },
  {
    name: say("Loop"),
    icon: "repeat",
    level: "item",
    snippet: `{% for item in entry.items[:10] %}\n<mj-text>{{ item.name }}</mj-text>\n{% endfor %}`,
  },
];

const WIDTH: Field = { name: "width", label: say("Width"), kind: "size", example: "50%" };
const ALIGN: Field = {
  name: "align",
  label: say("Alignment"),
  kind: "choice",
  choices: [say("left"), say("center"), say("right")],
};
const COLOUR: Field = { name: "color", label: say("Colour"), kind: "colour" };
const BEHIND: Field = { name: "background-color", label: say("Background"), kind: "colour" };
const PADDING: Field = {
  name: "padding",
  label: say("Space around"),
  kind: "size",
  example: "10px 25px",
};
const LINK: Field = {
  name: "href",
  label: say("Leads to"),
  kind: "address",
  example: "https://shop.example/",
};

export const FIELDS: Partial<Record<Kind, readonly Field[]>> = {
  section: [BEHIND, PADDING],
  wrapper: [BEHIND, PADDING],
  column: [WIDTH, BEHIND, PADDING],
  group: [WIDTH, BEHIND],
  text: [
    { name: "font-size", label: say("Size of letters"), kind: "size", example: "16px" },
    COLOUR,
    ALIGN,
    PADDING,
  ],
  image: [
    {
      name: "src",
      label: say("Image (address)"),
      kind: "address",
      example: "https://shop.example/a.png",
    },
    { name: "alt", label: say("In words, for who does not see it"), kind: "text" },
    LINK,
    { name: "width", label: say("Width"), kind: "size", example: "300px" },
    ALIGN,
    PADDING,
  ],
  button: [LINK, BEHIND, COLOUR, ALIGN, PADDING],
  divider: [
    { name: "border-color", label: say("Colour"), kind: "colour" },
    { name: "border-width", label: say("Thickness"), kind: "size", example: "1px" },
    PADDING,
  ],
  spacer: [{ name: "height", label: say("Height"), kind: "size", example: "24px" }],
};

export const TITLES: Record<Kind, string> = {
  section: say("Section"),
  wrapper: say("Frame of sections"),
  column: say("Column"),
  group: say("Group of columns"),
  text: say("Text"),
  image: say("Image"),
  button: say("Button"),
  divider: say("Divider"),
  spacer: say("Space"),
  condition: say("Condition"),
  branch: say("If"),
  loop: say("Loop"),
  include: say("Shared block"),
  raw: say("Code"),
};

export const ICONS: Record<Kind, string> = {
  section: "view_agenda",
  wrapper: "select_all",
  column: "view_column",
  group: "view_column_2",
  text: "notes",
  image: "image",
  button: "smart_button",
  divider: "horizontal_rule",
  spacer: "height",
  condition: "call_split",
  branch: "subdirectory_arrow_right",
  loop: "repeat",
  include: "extension",
  raw: "code",
};

function section(columns: number): string {
  const inner = Array.from({ length: columns }, () => COLUMN.replaceAll("\n", "\n  "));
  return `<mj-section>\n  ${inner.join("\n  ")}\n</mj-section>`;
}

function condition(level: Level): string {
  return `{% if customer.firstName %}\n${CONDITIONS[level]}\n{% endif %}`;
}
