// What the builder asks the server for: the words of the language, and the audience.
import { createContext, useContext } from "react";
import type { Choices } from "../choices/choices";
import { Refusal, type Wire } from "../http";
import type { Plain } from "../model/tree";

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

export class Asker {
  private words: Promise<Language> | null = null;

  constructor(
    readonly choices: Choices,
    private readonly wire: Wire,
    private readonly urls: Addresses,
    private readonly place: "segment" | "journey",
    private readonly slug: string,
  ) {}

  /** Asked once; again after a failure. */
  language(): Promise<Language> {
    const asked = this.words ?? this.wire.ask<Language>(this.urls.language);
    this.words = asked;
    asked.catch(() => (this.words = null));
    return asked;
  }

  audience(condition: Plain, exactly: boolean, signal: AbortSignal): Promise<Audience> {
    const body = { condition, place: this.place, slug: this.slug, exactly };
    return this.wire.ask(this.urls.audience, { method: "POST", body, signal });
  }
}

/** The problems that a refusal names, each with its place. */
export function faultsOf(error: unknown): Fault[] {
  const found = error instanceof Refusal ? error.facts.problems : null;
  return Array.isArray(found) ? (found as Fault[]) : [];
}

export interface Building {
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
