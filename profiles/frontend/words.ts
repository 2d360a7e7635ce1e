// Every text a person reads comes from Django's catalogue, by its English original.
let texts: Record<string, string> = {};
let plurals: Record<string, Record<string, string>> = {};
let language = "en";

export function speak(given: {
  texts: Record<string, string>;
  plurals: Record<string, Record<string, string>>;
  language: string;
}): void {
  ({ texts, plurals, language } = given);
}

/** The language of the reader, as `Intl` calls it. */
export function locale(): string {
  return language;
}

/** The text in the reader's language; `{name}` is replaced by its value. */
export function t(
  text: string,
  values: Record<string, string | number> = {},
): string {
  return filled(texts[text] ?? text, values);
}

/** The form of a text that suits a number; `{n}` is the number. */
export function tn(text: string, number: number): string {
  const forms = plurals[text] ?? {};
  const form =
    forms[new Intl.PluralRules(language).select(number)] ?? forms.other ?? text;
  return filled(form, { n: count(number) });
}

function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}

export function count(number: number): string {
  return new Intl.NumberFormat(language).format(number);
}

/** A share of a base, to a tenth of a percent, or as finely as `digits` says; "–" of nothing. */
export function percent(part: number, whole: number, digits = 1): string {
  return whole
    ? new Intl.NumberFormat(language, {
        style: "percent",
        maximumFractionDigits: digits,
      }).format(part / whole)
    : "–";
}
