// Names to choose from: what the log, the profiles and the workspace are seen to hold.
import { createContext, useContext, useEffect, useRef, useState } from "react";
import { told, type Wire } from "../http";
import type { Plain } from "../model/tree";
import { count, t } from "../words";

/** Something to choose, with what tells it from others. */
export interface Item {
  name: string;
  title?: string;
  hint?: string;
  count?: number;
  /** The count is of so many, counted to the end or estimated. */
  of?: number;
  exact?: boolean;
  filled?: number;
  type?: string;
  /** One of its values as JSON, for whoever may see it. */
  example?: string;
  value?: Plain;
}

/** What the numbers beside the names are numbers of. */
const NOTES = {
  events: () => t("times, among the newest 100,000 events"),
  properties: () => t("filled in so many of the newest 1,000 events"),
  attributes: () => t("filled in so many of the newest 10,000 profiles"),
  values: () => t("customers with this value, of the newest 10,000"),
  property_values: () => t("events with this value, of the newest 1,000"),
  segments: () => t("customers in the segment"),
  channels: () => t("customers that can be reached by it"),
  topics: () => t("of the newest 10,000 consents"),
  journeys: () => "",
  steps: () => "",
  templates: () => "",
};
export type Kind = keyof typeof NOTES;

/** What a field offers: null while it is on its way, and why it did not come. */
export interface Offer {
  items: Item[] | null;
  wrong: string;
  note: string;
  again(): void;
}

export const NOTHING: Offer = { items: [], wrong: "", note: "", again: () => undefined };

/** Each list is asked for once while the page stands, and again after a failure. */
export class Choices {
  private readonly known = new Map<string, Promise<Item[]>>();

  constructor(
    private readonly wire: Wire,
    private readonly url: string,
  ) {}

  of(kind: Kind, of: string, at: string): Promise<Item[]> {
    const url = this.address(kind, of, at);
    const known = this.known.get(url);
    if (known) return known;
    const asked = this.wire.ask<{ items: Item[] }>(url).then(({ items }) => items);
    this.known.set(url, asked);
    asked.catch(() => this.known.delete(url));
    return asked;
  }

  has(kind: Kind, of: string, at: string): boolean {
    return this.known.has(this.address(kind, of, at));
  }

  private address(kind: Kind, of: string, at: string): string {
    return `${this.url}?${new URLSearchParams({ kind, of, at })}`;
  }
}

/** Where fields ask, and whether they may be changed. */
export interface Choosing {
  choices: Choices;
  locked: boolean;
}

export const Chosen = createContext<Choosing | null>(null);

export function useChoosing(): Choosing {
  const held = useContext(Chosen);
  if (!held) throw new Error("There is nothing to choose from here.");
  return held;
}

/** While somebody types what is asked about. */
const PAUSE = 350;

/** What there is to choose from; nothing of no kind. */
export function useOffer(kind: Kind | "", of = "", at = ""): Offer {
  const { choices } = useChoosing();
  const [found, setFound] = useState<{ key: string; items: Item[]; wrong: string } | null>(null);
  const [round, setRound] = useState(0);
  const begun = useRef(false);
  const key = JSON.stringify([kind, of, at]);
  useEffect(() => {
    if (!kind) return undefined;
    let gone = false;
    const take = (items: Item[], wrong: string) => {
      if (!gone) setFound({ key, items, wrong });
    };
    const ask = () =>
      void choices.of(kind, of, at).then(
        (items) => take(items, ""),
        (error: unknown) => take([], told(error)),
      );
    const wait = begun.current && !choices.has(kind, of, at) ? PAUSE : 0;
    begun.current = true;
    const timer = setTimeout(ask, wait);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [choices, kind, of, at, key, round]);
  if (!kind) return NOTHING;
  const here = found?.key === key ? found : null;
  return {
    items: here?.items ?? null,
    wrong: here?.wrong ?? "",
    note: NOTES[kind](),
    again: () => setRound((now) => now + 1),
  };
}

/** One of the values that a name holds, without the quotes of a text. */
export function exampleOf(item: Item): string {
  return (item.example ?? "").replace(/^"|"$/g, "");
}

/** How many, ≈ where that is estimated. */
export function numberOf(item: Item): string {
  if (item.filled !== undefined) return t("{share} %", { share: count(item.filled) });
  if (item.count === undefined) return "";
  return `${item.exact === false ? "≈ " : ""}${count(item.count)}`;
}

export function matching(items: Item[], typed: string): Item[] {
  const words = typed.trim().toLowerCase();
  const fits = (each: Item) => `${each.name} ${each.title ?? ""}`.toLowerCase().includes(words);
  return words ? items.filter(fits) : items;
}
