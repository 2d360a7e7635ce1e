import { expect, test } from "vitest";
import { filled, writing } from "../src/option";
import { readable } from "../src/shapes";

const colour = (name: string) => `<${name}>`;

test("colours and ways to write are put where they are named", () => {
  const told = () => "";
  const option = { a: [{ color: "var(--sj-growth)", formatter: "$told" }], b: 1, c: null };
  expect(filled(option, { $told: told }, colour)).toEqual({
    a: [{ color: "<var(--sj-growth)>", formatter: told }],
    b: 1,
    c: null,
  });
});

test("what people wrote is no name of ours", () => {
  const option = { name: "$told", told: "var(--sj-growth)", url: "$told", source: "$told" };
  expect(filled(option, { $told: 1 }, colour)).toEqual(option);
  expect(filled({ formatter: "toString" }, {}, colour)).toEqual({ formatter: "toString" });
});

test("numbers are written as the reader writes them", () => {
  const english = writing("en") as Record<string, (value: number) => string>;
  const russian = writing("ru") as Record<string, (value: number) => string>;
  expect(english.$number?.(1234.5)).toBe("1,234.5");
  expect(english.$number?.(12_300)).toBe("12.3K");
  expect(russian.$number?.(1234.5)).toBe("1\u00a0234,5");
  expect(english.$percent?.(0.25)).toBe("25 %");
  expect(english.$signed?.(-0.5)).toBe("−50 %");
  expect(english.$signed?.(0.5)).toBe("+50 %");
});

test("a number stands out from its cell, on a light page as on a dark one", () => {
  const [teal, white, night] = ["rgba(0,110,115,1.000)", "rgba(255,255,255,1)", "rgba(17,24,39,1)"];
  expect(readable(teal, white, 0.12)).toBe("#11141c");
  expect(readable(teal, white, 1)).toBe("#ffffff");
  expect(readable("rgba(70,180,185,1)", night, 0.2)).toBe("#ffffff");
  expect(readable("rgba(70,180,185,1)", night, 1)).toBe("#11141c");
});
