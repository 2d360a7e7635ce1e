// Options come from the server as plain JSON. Three things JSON cannot say stand there by name:
// colours of the theme ("var(--sj-growth)"), ways to write a number ("$number"), and shapes.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Names = Readonly<Record<string, unknown>>;

/** The option with everything named put in its place. */
export function filled(value: Json, names: Names, colour: (name: string) => string): unknown {
  const again = (each: Json): unknown => filled(each, names, colour);
  if (typeof value === "string") {
    if (value.startsWith("var(--")) return colour(value);
    return Object.hasOwn(names, value) ? names[value] : value;
  }
  if (Array.isArray(value)) return value.map(again);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, kept(key, each)]));

  // What people wrote is never taken for a name of ours.
  function kept(key: string, each: Json): unknown {
    return TEXTS.has(key) ? each : again(each);
  }
}

const TEXTS = new Set(["name", "told", "said", "url", "source", "target"]);

/** How numbers are written in the reader's language. */
export function writing(language: string): Names {
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const share = (value: number) => `${whole.format(100 * value)} %`;
  return {
    $number: (value: number) => (Math.abs(value) >= 10_000 ? short : plain).format(value),
    $percent: share,
    $signed: (value: number) => (value > 0 ? "+" : value < 0 ? "−" : "") + share(Math.abs(value)),
  };
}
