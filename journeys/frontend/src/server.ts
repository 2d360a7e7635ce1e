// What the page hands over at its start, and the addresses that it answers at.
export interface Problem {
  path: string;
  code: string;
  message: string;
  severity: "error" | "warning";
  line: number | null;
}

export interface Checked {
  problems: Problem[];
  sentences: Record<string, string>;
}

export interface State {
  title: string;
  state: string;
  stateWord: string;
  revision: number;
  version: number | null;
  differs: boolean;
}

export type Address =
  | "draft"
  | "check"
  | "plan"
  | "release"
  | "numbers"
  | "options"
  | "versions"
  | "dryrun"
  | "walk"
  | "customers"
  | "document";

export interface Boot extends State, Checked {
  slug: string;
  document: string;
  mayChange: boolean;
  /** Where the test clock is moved; "" where time is real. */
  sandbox: string;
  language: string;
  urls: Record<Address, string>;
  /** Where the condition builder asks. */
  conditions: { language: string; choices: string; audience: string };
  texts: Record<string, string>;
  plurals: Record<string, Record<string, string>>;
  kinds: Record<string, string>;
  channels: Record<string, string>;
  stages: Record<string, string>;
  operators: string[];
  outcomes: string[];
}

export interface Choice {
  name: string;
  title?: string;
  hint?: string;
  count?: number;
  filled?: number;
  example?: string;
}

/** A figure and the address of the list that it counts. */
export type Figure = [number, string];

export interface StepNumbers {
  entered: Figure;
  waiting: Figure;
  sent?: Figure;
  withheld?: Figure;
  delivered?: Figure;
  opened?: Figure;
  clicked?: Figure;
  failed?: Figure;
  skipped: number;
  reasons: [string, number, string][];
}

export interface Numbers {
  version: number | null;
  steps: Record<string, StepNumbers>;
  ways: { from: string; to: string; customers: number; url: string }[];
  entered: number;
  active: number;
  /** The arms of the holdout, and of each split by its id. */
  experiments: Record<string, Experiment>;
  /** Numbers of the published versions, the newest first. */
  versions: number[];
}

export interface Arm {
  arm: string;
  name: string;
  customers: number;
  conversions: number;
  lift: number | null;
  low: number | null;
  high: number | null;
  is_control: boolean;
  few: boolean;
  interval: { low: string; mid: string; width: string } | null;
}

export interface Experiment {
  id: string;
  title: string;
  verdict: string;
  tone: string;
  arms: Arm[];
}

export interface Conflict {
  document: string;
  revision: number;
  by: string;
}

export interface PlanStep {
  id: string;
  change: "added" | "changed" | "removed" | "same";
  standing: number;
  goes_to: string | null;
  confirm: boolean;
}

export interface Plan extends State, Checked {
  steps: PlanStep[];
  delivery: Problem[];
  inside: number;
  /** The live version's text; null before the first. */
  before: string | null;
}

export interface VersionLine {
  number: number;
  published: string;
  by: string;
  note: string;
  live: boolean;
}

export interface FieldLine {
  step: string;
  path: string;
  before: string | null;
  after: string | null;
}

/** Two versions side by side; "draft" is one too. */
export interface Compared {
  old: string;
  new: string;
  steps: { id: string; change: PlanStep["change"]; standing: number }[];
  fields: FieldLine[];
}

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

export class Server {
  constructor(
    readonly boot: Boot,
    public token: string,
  ) {}

  save(document: string, revision: number): Promise<State & Checked> {
    return this.ask("PUT", "draft", { document, revision });
  }

  /** The draft as it is now, and the token of whoever is signed in now. */
  load(): Promise<State & Conflict & { token: string }> {
    return this.ask("GET", "draft", undefined, "", false);
  }

  plan(): Promise<Plan> {
    return this.ask("GET", "plan");
  }

  release(body: {
    revision: number;
    note: string;
    confirm: boolean;
    override: string;
    move: Record<string, string>;
  }): Promise<State> {
    return this.ask("POST", "release", body);
  }

  versions(): Promise<VersionLine[]> {
    return this.ask<{ items: VersionLine[] }>("GET", "versions").then((found) => found.items);
  }

  compare(old: string, next: string): Promise<Compared> {
    const query = `?${new URLSearchParams({ old, new: next })}`;
    return this.ask("GET", "versions", undefined, query);
  }

  restore(version: number, revision: number): Promise<State & Checked & { document: string }> {
    return this.ask("POST", "versions", { version, revision });
  }

  choices(kind: string, of = ""): Promise<Choice[]> {
    const query = `?${new URLSearchParams({ kind, of })}`;
    return this.ask<{ items: Choice[] }>("GET", "options", undefined, query).then(
      (found) => found.items,
    );
  }

  /** The figures, or null when there is nothing new since `tag`. */
  async numbers(tag: string, query: string): Promise<{ found: Numbers; tag: string } | null> {
    const answer = await fetch(this.boot.urls.numbers + query, {
      headers: tag ? { "If-None-Match": tag } : {},
    });
    if (answer.status === 304 || !answer.ok) return null;
    return { found: (await answer.json()) as Numbers, tag: answer.headers.get("ETag") ?? "" };
  }

  /** An answer that is read while it comes. Throws a Refusal. */
  async stream(
    address: Address,
    body: unknown,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const answer = await fetch(this.boot.urls[address], {
      method: "POST",
      headers: { "X-CSRFToken": this.token, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal,
    });
    if (answer.ok && answer.body) return answer.body;
    if (answer.type === "opaqueredirect") throw new Refusal(401, "signed_out", "", {});
    const facts = ((await answer.json().catch(() => ({}))) ?? {}) as Record<string, unknown>;
    throw new Refusal(
      answer.status,
      String(facts.code ?? ""),
      String(facts.message ?? answer.statusText),
      facts,
    );
  }

  async ask<T>(
    method: string,
    address: Address,
    body?: unknown,
    query = "",
    renew = true,
  ): Promise<T> {
    const headers: Record<string, string> = {
      "X-CSRFToken": this.token,
      Accept: "application/json",
    };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const given = body === undefined ? null : JSON.stringify(body);
    const answer = await fetch(this.boot.urls[address] + query, {
      method,
      headers,
      body: given,
      redirect: "manual",
    }).catch(() => null);
    if (!answer) throw new Refusal(0, "offline", "", {});
    if (answer.type === "opaqueredirect") throw new Refusal(401, "signed_out", "", {});
    const found = (await answer.json().catch(() => null)) as Record<string, unknown> | null;
    if (found === null && answer.status === 403 && renew) {
      this.token = (await this.load()).token;
      return this.ask(method, address, body, query, false);
    }
    if (found === null && answer.ok) throw new Refusal(0, "offline", "", {});
    const facts = found ?? {};
    if (!answer.ok)
      throw new Refusal(
        answer.status,
        String(facts.code ?? ""),
        String(facts.message ?? answer.statusText),
        facts,
      );
    return facts as T;
  }
}
