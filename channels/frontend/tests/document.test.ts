import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { read, textAt, write } from "../src/model/document";

const TEXT = `# Spring
subject: "Hello" # warm
mjml: |
  <mjml>
    <mj-body></mj-body>
  </mjml>

# what differs
locales:
  de:
    subject: Hallo
    text: |-
      Zeile
       zwei
data: {a: 1}
`;

describe("one text of a document is changed in its place", () => {
  test("a short one", () => {
    expect(write(TEXT, ["subject"], 'A "b"')).toBe(TEXT.replace('"Hello"', '"A \\"b\\""'));
  });

  test("a long one, and one of another language", () => {
    const next = write(TEXT, ["mjml"], "<mjml>\n</mjml>\n");
    expect(next).toContain("mjml: |\n  <mjml>\n  </mjml>\n\n# what differs");
    const german = write(TEXT, ["locales", "de", "text"], "eins\nzwei");
    expect(german).toContain("    text: |-\n      eins\n      zwei\ndata:");
  });

  test("one that was not there", () => {
    expect(write(TEXT, ["title"], "T")).toContain('title: "T"\nlocales:');
    expect(write(TEXT, ["locales", "de", "title"], "T")).toContain('       zwei\n    title: "T"\n');
    expect(read(write(TEXT, ["locales", "fr", "subject"], "Oui")).content).toMatchObject({
      locales: { fr: { subject: "Oui" } },
    });
  });

  test("one that goes", () => {
    expect(write(TEXT, ["subject"], null)).toBe(TEXT.replace('subject: "Hello" # warm\n', ""));
    expect(
      textAt(read(write(TEXT, ["locales", "de"], null)).content, ["locales", "de", "text"]),
    ).toBe("");
  });

  test("JSON stays JSON", () => {
    const next = write('{"subject": "a", "data": {"b": 1}}', ["text"], "x\ny");
    expect(JSON.parse(next)).toEqual({ subject: "a", data: { b: 1 }, text: "x\ny" });
  });

  test("an empty document begins, and an empty list of languages", () => {
    expect(read(write("", ["subject"], "Hi")).content).toEqual({ subject: "Hi" });
    expect(read(write("text: a\nlocales:\n", ["locales", "de", "text"], "b")).content).toEqual({
      text: "a",
      locales: { de: { text: "b" } },
    });
  });

  test("what cannot be read is told with its line and left as it is", () => {
    expect(read("a: 1\nb: [")).toMatchObject({ content: null, line: 2 });
    expect(write("a: [", ["b"], "x")).toBe("a: [");
    expect(read("- 1").problem).toContain("mapping");
  });
});

const names = fc.constantFrom("subject", "text", "mjml", "title", "body");
const values = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc
    .array(fc.constantFrom("", " ", "  x", "# no", "a: b", "- c", "\t", "é“", "{{ a }}", "'q\""), {
      maxLength: 6,
    })
    .map((lines) => lines.join("\n")),
  fc.constantFrom(
    "yes",
    "null",
    "1",
    "~",
    "on",
    "\u2028",
    "\u0085x",
    "a\r\nb",
    "x".repeat(150),
    "\n",
    "\n\n a\n\n",
  ),
);

test("whatever is written is read again, and nothing else changes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(names, fc.boolean(), fc.option(values)), { minLength: 1, maxLength: 6 }),
      (changes) => {
        let text = TEXT;
        for (const [name, german, value] of changes) {
          const before = read(text).content!;
          const path = german ? ["locales", "de", name] : [name];
          text = write(text, path, value);
          const after = read(text).content!;
          expect(textAt(after, path)).toBe(value ?? "");
          expect(after.data).toEqual(before.data);
          for (const other of ["subject", "text", "mjml", "title", "body"])
            if (german || other !== name) expect(after[other]).toEqual(before[other]);
        }
        expect(text).toContain("# Spring");
      },
    ),
    { numRuns: 300 },
  );
});
