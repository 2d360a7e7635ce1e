// The moments of a walk, and what the canvas shows of it at one of them.
import type { Overlay } from "../overlay";
import { span } from "../words";

export interface Moment {
  /** ISO text, and the same in the reader's words. */
  at: string;
  when: string;
  step: string;
  text: string;
  passed: boolean;
  criteria: { text: string; met: boolean }[];
  inputs: [string, string][];
  message: {
    channel: string;
    to: string;
    subject: string;
    text: string;
    html: string;
  } | null;
}

export interface Walked {
  entered: boolean;
  entry: Record<string, unknown>;
  event: string;
  name: string;
  moments: Moment[];
  ended: { status: string; reason: string } | null;
}

/** Where the customer was up to a moment, and where they are at it. */
export function laid(moments: Moment[], at: number): Overlay {
  const so = moments.slice(0, at + 1).filter((each) => each.step && each.message === null);
  const here = moments[at];
  const last = here?.message ? here.step : so.at(-1)?.step;
  return { walk: { been: new Set(so.map((each) => each.step)), at: last ?? null } };
}

/** How long after the first moment; "" at it. */
export function clockOf(now: Moment, first: Moment): string {
  const seconds = Math.round((Date.parse(now.at) - Date.parse(first.at)) / 1000);
  return seconds > 0 ? span(seconds) : "";
}
