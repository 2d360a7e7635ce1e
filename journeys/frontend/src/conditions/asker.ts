// What the builder asks the server for: the words of the language, names, and the audience.
import type { Plain } from "../model/tree";
import { createContext, useContext, useEffect, useState } from "react";
import { unspecified } from "./words";

export interface Addresses {
  language: string;
  choices: string;
  audience: string;
}

export type Wants =
  | "value"
  | "ordered"
  | "values"
  | "scalar"
  | "text"
  | "flag"
  | "instant"
  | "duration"
  | "entry";

export interface Language {
  operators: Record<string, Wants>;
  measures: Record<string, string[]>;
  ofProperty: string[];
  outcomes: string[];
  channels: Record<string, string>;
  stages: Record<string, string>;
  lifecycles: Record<string, string>;
}

/** Something to choose, with what tells it from others. */
export interface Item {
  name: string;
  title?: string;
  hint?: string;
  count?: number;
  of?: number;
  filled?: number;
  type?: string;
  value?: Plain;
}

export interface Audience {
  words: string;
  /** Why nobody can be counted; then there are no numbers. */
  uncounted?: string;
  count: number;
  base: number;
  exact: boolean;
  sampled: number;
  margin: number;
  reachable: { channel: string; name: string; count: number }[];
  rules: { words: string; count: number }[];
  sample: { name: string; url: string }[];
}

export interface Fault {
  path: string;
  message: string;
}

export class Refused extends Error {
  constructor(
    message: string,
    readonly problems: Fault[],
  ) {
    super(message);
  }
}

export class Asker {
  private readonly known = new Map<string, Promise<unknown>>();

  constructor(
    private readonly urls: Addresses,
    private readonly token: string,
    private readonly place: "segment" | "journey",
    private readonly slug: string,
  ) {}

  language(): Promise<Language> {
    return this.once(this.urls.language);
  }

  choices(kind: string, of: string, at: string): Promise<Item[]> {
    const query = new URLSearchParams({ kind, of, at });
    return this.once<{ items: Item[] }>(`${this.urls.choices}?${query}`).then(({ items }) => items);
  }

  async audience(condition: Plain, exactly: boolean, signal: AbortSignal): Promise<Audience> {
    const body = JSON.stringify({ condition, place: this.place, slug: this.slug, exactly });
    const headers = { "X-CSRFToken": this.token, "Content-Type": "application/json" };
    return read(await fetch(this.urls.audience, { method: "POST", headers, body, signal }));
  }

  /** Asked once while the page stands; again after a failure. */
  private once<T>(url: string): Promise<T> {
    const known = this.known.get(url) as Promise<T> | undefined;
    if (known) return known;
    const asked = fetch(url).then((answer) => read<T>(answer));
    this.known.set(url, asked);
    asked.catch(() => this.known.delete(url));
    return asked;
  }
}

async function read<T>(answer: Response): Promise<T> {
  const found = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) return found as T;
  const problems = Array.isArray(found.problems) ? (found.problems as Fault[]) : [];
  throw new Refused(String(found.message ?? unspecified()), problems);
}

export interface Building {
  asker: Asker;
  language: Language;
  locked: boolean;
  place: "segment" | "journey";
  /** The problems of each rule by its path in the tree, such as `0.1`. */
  faults: Map<string, Fault[]>;
  /** How many each rule at the top leaves out; empty while that is not known. */
  leavesOut: { count: number; exact: boolean }[];
}

export const Held = createContext<Building | null>(null);

export function useBuilding(): Building {
  const held = useContext(Held);
  if (!held) throw new Error("There is no builder here.");
  return held;
}

/** What there is to choose from; null while it is on its way. */
export function useItems(kind: string, of = "", at = ""): Item[] | null {
  const { asker } = useBuilding();
  const [found, setFound] = useState<{ key: string; items: Item[] } | null>(null);
  const key = `${kind}:${of}:${at}`;
  useEffect(() => {
    let gone = false;
    if (kind)
      asker
        .choices(kind, of, at)
        .catch(() => [])
        .then((items) => {
          if (!gone) setFound({ key, items });
        });
    return () => {
      gone = true;
    };
  }, [asker, kind, of, at, key]);
  return found?.key === key ? found.items : null;
}
