// What the page hands over at its start, and what the server is asked while somebody writes.
export type Address = "check" | "preview" | "sample" | "test" | "words" | "people";

export interface Boot {
  template: string;
  mayChange: boolean;
  mayTest: boolean;
  seeds: number;
  testable: string[];
  language: string;
  urls: Record<Address, string>;
  channels: Record<string, string>;
  texts: Record<string, string>;
  plurals: Record<string, Record<string, string>>;
}

/** What is read, and for whom. */
export interface Asked {
  source: string;
  template: string;
  customer: string;
  language: string;
  event: string;
  audience: string;
  channels: string[];
}

export interface Finding {
  field: string;
  language: string;
  line: number;
  column: number;
  length: number;
  severity: "error" | "warning";
  code: string;
  message: string;
  path: string;
  empty: number;
  base: number;
}

export interface Checked {
  findings: Finding[];
  problems: { path: string; message: string }[];
}

export interface Message {
  problem: string;
  aborted: string | null;
  subject: string;
  text: string;
  title: string;
  body: string;
  url: string;
  image: string;
  from?: string;
  links: { url: string; kind: string }[];
  mail?: {
    html: string;
    dark: string;
    from: string;
    preheader: string;
    bytes: number;
    clipped: number;
  };
  push?: { bytes: number; most: number; lengths: { title: number; body: number } };
  chat?: { text: string; bold: number; buttons: string[]; refused: string };
  segments?: { encoding: "gsm7" | "ucs2"; units: number; count: number };
}

export interface Shown {
  customer: { id: number; name: string; url: string } | null;
  language: string;
  missing: string[];
  readsEvent: boolean;
  event: { name: string; customer: number; own: boolean } | null;
  audience: { everybody: boolean; count: number } | null;
  channels: Record<string, Message>;
}

export interface Sampled {
  customers: number;
  rendered: number;
  errors: { message: string; customers: number; examples: number[] }[];
  aborted: { reason: string; customers: number }[];
  empty: { path: string; customers: number; share: number }[];
  lengths: { field: string; max: number; longest: { customer: number; length: number }[] }[];
  segments: { limit: number; counts: Record<string, number> } | null;
}

export interface Known {
  name: string;
  filled: number;
  type: string;
  /** For whoever may see what customers say. */
  example?: string;
}

export interface Words {
  attributes: Known[];
  events: { name: string; count: number }[];
  filters: string[];
  templates: string[];
  audiences: Audience[];
}

/** Whom a template may be meant for, as `journey:welcome` or `segment:vip`. */
export interface Audience {
  name: string;
  kind: "journey" | "segment";
  title: string;
}

export interface Person {
  id: number;
  name: string;
  hint: string;
}

/** An answer that is not yes; `status` is 0 when there was none. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class Server {
  constructor(
    readonly boot: Boot,
    private readonly token: string,
  ) {}

  check(asked: Asked, signal: AbortSignal): Promise<Checked> {
    return this.ask("check", asked, signal);
  }

  preview(asked: Asked, signal: AbortSignal): Promise<Shown> {
    return this.ask("preview", asked, signal);
  }

  sample(asked: Asked, signal: AbortSignal): Promise<Sampled> {
    return this.ask("sample", asked, signal);
  }

  test(
    asked: Asked & { channel: string; to: string; seeds: boolean },
  ): Promise<{ sent: { to: string; status: string; detail: string }[] }> {
    return this.ask("test", asked);
  }

  words(): Promise<Words> {
    return this.ask("words");
  }

  properties(of: string): Promise<{ properties: Known[] }> {
    return this.ask("words", undefined, undefined, `?${new URLSearchParams({ of })}`);
  }

  people(q: string, signal: AbortSignal): Promise<{ people: Person[] }> {
    return this.ask("people", undefined, signal, `?${new URLSearchParams({ q })}`);
  }

  private async ask<T>(
    address: Address,
    body?: unknown,
    signal?: AbortSignal,
    query = "",
  ): Promise<T> {
    const headers = { "X-CSRFToken": this.token, "Content-Type": "application/json" };
    const answer = await fetch(this.boot.urls[address] + query, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    }).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      return null;
    });
    const facts = (await answer?.json().catch(() => null)) as { message?: string } | null;
    if (!answer?.ok || !facts) throw new Refusal(answer?.status ?? 0, facts?.message ?? "");
    return facts as T;
  }
}
