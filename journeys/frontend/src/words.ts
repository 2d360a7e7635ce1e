// The canvas's own ways to write numbers, days and spans, beside those that every script has.
import { locale, percent } from "../../../profiles/frontend/words";

export * from "../../../profiles/frontend/words";

/** The same where there is little room: tenths only below ten percent. */
export function share(part: number, whole: number): string {
  return percent(part, whole, part * 10 < whole ? 1 : 0);
}

/** A relative change: +12.5 %, −3 %. */
export function signed(part: number): string {
  return new Intl.NumberFormat(locale(), {
    style: "percent",
    maximumFractionDigits: 1,
    signDisplay: "exceptZero",
  }).format(part);
}

export const UNITS: Record<string, string> = {
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
};

/** A day such as 2026-12-01, short. */
export function day(written: string): string {
  const format = new Intl.DateTimeFormat(locale(), {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  return format.format(new Date(`${written}T00:00:00Z`));
}

const SPANS: [number, string][] = [
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** Seconds in the two largest units that they fill. */
export function span(seconds: number): string {
  let rest = seconds;
  const parts: string[] = [];
  for (const [size, unit] of SPANS) {
    const number = Math.floor(rest / size);
    rest -= number * size;
    if (number > 0)
      parts.push(
        new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(
          number,
        ),
      );
  }
  return parts.slice(0, 2).join(" ");
}

/** `2h` as “2 hours”; what is no duration stays as it is. */
export function duration(written: string): string {
  const found = /^([+-]?\d+)([smhdw])$/.exec(written.trim());
  if (!found) return written;
  const unit = UNITS[found[2]!]!;
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(
    Number(found[1]),
  );
}
