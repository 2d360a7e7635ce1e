// Asks for a dry run: the answer comes line by line, how much is done, then the figures.
import { Refusal } from "../http";
import type { Numbers, Server } from "../server";
import { t } from "../words";

export interface Day {
  date: string;
  sent: Record<string, number>;
}

export interface Simulated {
  customers: number;
  assumes: string;
  days: Day[];
  refused: { reason: string; number: number }[];
  figures: Numbers;
}

interface Line {
  done?: number;
  found?: Simulated;
  refused?: string;
}

/** Throws a Refusal, or an Error where the answer breaks off. */
export async function play(
  server: Server,
  given: { days: number; sample: number; live: boolean },
  tell: (done: number) => void,
  signal: AbortSignal,
): Promise<Simulated> {
  const body = await server.stream("dryrun", given, signal);
  for await (const line of lines(body)) {
    const told = JSON.parse(line) as Line;
    if (told.refused !== undefined) throw new Refusal(422, "invalid", told.refused, {});
    if (told.found) return told.found;
    tell(told.done ?? 0);
  }
  throw new Error(t("The dry run broke off: try again, or with fewer customers."));
}

/** The lines of a text that comes in pieces. */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const whole = rest.split("\n");
    rest = whole.pop()!;
    yield* whole.filter(Boolean);
    if (done) break;
  }
  if (rest) yield rest;
}
