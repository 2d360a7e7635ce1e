// What the page hands over at its start, and the addresses that it answers at.
import { Refusal, Wire, type Given } from "./http";

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
  /** Where the condition builder asks, and every field for the names that it offers. */
  conditions: { language: string; choices: string; audience: string };
  texts: Record<string, string>;
  plurals: Record<string, Record<string, string>>;
  kinds: Record<string, string>;
  channels: Record<string, string>;
  stages: Record<string, string>;
  lifecycles: Record<string, string>;
  operators: string[];
  outcomes: string[];
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

export class Server {
  readonly wire: Wire;

  constructor(
    readonly boot: Boot,
    token: string,
  ) {
    this.wire = new Wire(token);
    this.wire.renewed = () => this.load().then((found) => found.token);
  }

  save(document: string, revision: number): Promise<State & Checked> {
    return this.ask("draft", { method: "PUT", body: { document, revision } });
  }

  /** The draft as it is now, and the token of whoever is signed in now. */
  load(): Promise<State & Conflict & { token: string }> {
    return this.wire.ask(this.boot.urls.draft, {}, false);
  }

  plan(): Promise<Plan> {
    return this.ask("plan");
  }

  release(body: {
    revision: number;
    note: string;
    confirm: boolean;
    override: string;
    move: Record<string, string>;
  }): Promise<State> {
    return this.ask("release", { method: "POST", body });
  }

  versions(): Promise<VersionLine[]> {
    return this.ask<{ items: VersionLine[] }>("versions").then((found) => found.items);
  }

  compare(old: string, next: string): Promise<Compared> {
    return this.ask("versions", {}, { old, new: next });
  }

  restore(version: number, revision: number): Promise<State & Checked & { document: string }> {
    return this.ask("versions", { method: "POST", body: { version, revision } });
  }

  /** The figures, or null when there is nothing new since `tag`. */
  async numbers(
    tag: string,
    query: string,
    signal: AbortSignal,
  ): Promise<{ found: Numbers; tag: string } | null> {
    const answer = await fetch(this.boot.urls.numbers + query, {
      headers: tag ? { "If-None-Match": tag } : {},
      redirect: "manual",
      signal,
    });
    if (answer.status === 304) return null;
    if (!answer.ok) throw new Refusal(answer.status, "", answer.statusText, {});
    return { found: (await answer.json()) as Numbers, tag: answer.headers.get("ETag") ?? "" };
  }

  /** An answer that is read while it comes. Throws a Refusal. */
  stream(
    address: Address,
    body: unknown,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    return this.wire.stream(this.boot.urls[address], { method: "POST", body, signal });
  }

  ask<T>(address: Address, given: Given = {}, query: Record<string, string> = {}): Promise<T> {
    const asked = new URLSearchParams(query).toString();
    return this.wire.ask(this.boot.urls[address] + (asked && `?${asked}`), given);
  }
}
