// How the server is asked, wherever on a page: what it refuses, and what keeps it from answering.
import { t } from "./words";

/** An answer that is not yes: `status` is HTTP's, 0 when there was no answer. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly facts: Record<string, unknown>,
  ) {
    super(message);
  }
}

/** Why something failed, for whoever waits for it. */
export function told(error: unknown): string {
  if (!(error instanceof Refusal)) return error instanceof Error ? error.message : String(error);
  if (error.code === "signed_out")
    return t("You are signed out. Sign in in another tab, then try again.");
  if (error.status === 0) return t("No connection: try again in a moment.");
  return error.status >= 500 || !error.message
    ? t("The server could not answer: try again in a moment.")
    : error.message;
}

export interface Given {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
}

/** Asks with the token of whoever is signed in. All it throws is a Refusal. */
export class Wire {
  /** Gets the token of whoever is signed in now, who may have signed in again. */
  renewed: (() => Promise<string>) | null = null;

  constructor(private token: string) {}

  async ask<T>(url: string, given: Given = {}, renew = true): Promise<T> {
    const answer = await this.fetched(url, given, renew);
    const found = (await answer.json().catch(() => null)) as Record<string, unknown> | null;
    if (!answer.ok) throw refusalOf(answer, found ?? {});
    if (found === null) throw new Refusal(0, "offline", "", {});
    return found as T;
  }

  /** An answer that is read while it comes. */
  async stream(url: string, given: Given): Promise<ReadableStream<Uint8Array>> {
    const answer = await this.fetched(url, given, true);
    if (answer.ok && answer.body) return answer.body;
    throw refusalOf(answer, ((await answer.json().catch(() => null)) ?? {}) as Facts);
  }

  private async fetched(url: string, given: Given, renew: boolean): Promise<Response> {
    const { method = "GET", body, signal } = given;
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = this.token;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(url, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      redirect: "manual",
      signal: signal ?? null,
    }).catch(() => null);
    if (!answer) throw new Refusal(0, "offline", "", {});
    if (answer.type === "opaqueredirect") throw new Refusal(401, "signed_out", "", {});
    if (answer.status !== 403 || isJson(answer) || !renew || !this.renewed) return answer;
    this.token = await this.renewed();
    return this.fetched(url, given, false);
  }
}

type Facts = Record<string, unknown>;

function isJson(answer: Response): boolean {
  return (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
}

function refusalOf(answer: Response, facts: Facts): Refusal {
  const { code, message } = facts;
  const why = typeof message === "string" ? message : answer.statusText;
  return new Refusal(answer.status, typeof code === "string" ? code : "", why, facts);
}
