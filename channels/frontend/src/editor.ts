// What is being written, for whom it is shown, and what the server says of it.
import { useLayoutEffect, useState } from "preact/hooks";
import { read, textAt, write, type Read } from "./model/document";
import type { Names } from "./code/complete";
import {
  Refusal,
  type Asked,
  type Audience,
  type Checked,
  type Sampled,
  type Server,
  type Shown,
} from "./server";
import { t } from "./words";

export type Tab = "email" | "sms" | "push" | "telegram" | "inbox" | "document";
export type Field = "subject" | "mjml" | "html" | "text" | "title" | "body" | "url" | "image";

const PAUSE = 450;
const TOGETHER = 1000;
const DEEP = 200;

export class Editor {
  text: string;
  content: Read;
  language = "";
  tab: Tab = "email";
  customer = "worst";
  event = "";
  audience = "";
  audiences: Audience[] = [];
  names: Names = { attributes: [], properties: [], filters: [], templates: [] };
  events: { name: string; count: number }[] = [];
  checked: Checked = { findings: [], problems: [] };
  shown: Shown | null = null;
  sampled: Sampled | null = null;
  failure = "";
  busy = false;
  private past: string[] = [];
  private future: string[] = [];
  private last = { key: "", at: 0 };
  private listeners = new Set<() => void>();
  private timer = 0;
  private asking = new AbortController();

  constructor(
    readonly server: Server,
    readonly area: HTMLTextAreaElement,
  ) {
    this.text = area.value;
    this.content = read(this.text);
    this.tab = this.firstTab();
    area.addEventListener("input", () => this.type(area.value));
    void this.learn();
    this.look(0);
  }

  get locked(): boolean {
    return !this.server.boot.mayChange;
  }

  get languages(): string[] {
    const locales = this.content.content?.locales;
    return typeof locales === "object" && locales ? Object.keys(locales) : [];
  }

  get undoable(): boolean {
    return this.past.length > 0;
  }

  get redoable(): boolean {
    return this.future.length > 0;
  }

  value(field: Field): string {
    return textAt(this.content.content, this.path(field));
  }

  /** What the content itself says where the language in hand says nothing. */
  inherited(field: Field): string {
    return this.language ? textAt(this.content.content, [field]) : "";
  }

  /** Which of its two forms the page has; a new one is MJML. */
  get page(): "mjml" | "html" {
    if (this.value("mjml")) return "mjml";
    if (this.value("html")) return "html";
    return this.inherited("html") ? "html" : "mjml";
  }

  /** What is typed in one go is undone in one go; `apart` is a step of its own. */
  say(field: Field, value: string, apart = false): void {
    const path = this.path(field);
    const gone = value === "" && (this.language !== "" || !this.value(field));
    const key = apart ? "" : `${this.language}.${field}`;
    this.take(write(this.text, path, gone ? null : value), key);
  }

  /** The document as somebody types it. */
  type(text: string): void {
    this.take(text, "document");
  }

  undo(): void {
    this.step(this.past, this.future);
  }

  redo(): void {
    this.step(this.future, this.past);
  }

  show(
    change: Partial<Pick<Editor, "tab" | "language" | "customer" | "event" | "audience">>,
  ): void {
    Object.assign(this, change);
    if (change.event !== undefined) void this.learnProperties();
    this.tell();
    this.look(0);
  }

  asked(channels: string[] = this.tab === "document" ? [] : [this.tab]): Asked {
    const { customer, language, event, audience, text } = this;
    const who = customer === "nobody" ? "" : customer;
    const template = this.server.boot.template;
    return { source: text, template, customer: who, language, event, audience, channels };
  }

  /** Read the text for many customers, once somebody wants to know. */
  async sample(): Promise<void> {
    this.sampled = null;
    const signal = this.asking.signal;
    await this.settle(async () => {
      this.sampled = await this.server.sample(this.asked(), signal);
    });
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private take(text: string, key: string): void {
    if (text === this.text) return;
    const now = Date.now();
    const together = key !== "" && this.last.key === key && now - this.last.at < TOGETHER;
    if (!together) this.past = [...this.past, this.text].slice(-DEEP);
    this.future = [];
    this.last = { key, at: now };
    this.put(text);
  }

  private step(from: string[], to: string[]): void {
    const text = from.pop();
    if (text === undefined) return;
    to.push(this.text);
    this.last = { key: "", at: 0 };
    this.put(text);
  }

  private put(text: string): void {
    this.text = text;
    this.content = read(text);
    if (this.area.value !== text) this.area.value = text;
    if (this.language && !this.languages.includes(this.language) && this.content.content)
      this.language = "";
    this.tell();
    this.look(PAUSE);
  }

  private path(field: Field): string[] {
    return this.language ? ["locales", this.language, field] : [field];
  }

  private firstTab(): Tab {
    if (!this.content.content) return "document";
    if (this.value("subject") || this.value("mjml") || this.value("html")) return "email";
    return this.value("title") || this.value("body")
      ? "push"
      : this.value("text")
        ? "sms"
        : "email";
  }

  private look(pause: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), pause);
  }

  private async ask(): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    this.sampled = null;
    if (!this.content.content) {
      this.failure = this.content.problem;
      this.checked = { findings: [], problems: [] };
      return this.tell();
    }
    const { signal } = this.asking;
    const asked = this.asked();
    await this.settle(async () => {
      const checks = this.server.check(asked, signal).then((found) => {
        this.checked = found;
        this.tell();
      });
      await Promise.all([checks, this.showing(asked, signal)]);
    });
  }

  private async showing(asked: Asked, signal: AbortSignal): Promise<void> {
    this.shown = await this.server.preview(asked, signal);
    const drawn = this.customer === "random" && this.shown.customer;
    if (drawn) this.customer = String(drawn.id);
  }

  private async settle(work: () => Promise<void>): Promise<void> {
    const { signal } = this.asking;
    this.busy = true;
    this.tell();
    try {
      await work();
      this.failure = "";
    } catch (error) {
      if (signal.aborted) return;
      this.failure =
        error instanceof Refusal && error.message ? error.message : t("No answer: try again.");
    }
    this.busy = false;
    this.tell();
  }

  private async learn(): Promise<void> {
    const found = await this.server.words().catch(() => null);
    if (!found) return;
    this.events = found.events;
    this.audiences = found.audiences;
    this.names = { ...found, properties: this.names.properties };
    this.tell();
  }

  private async learnProperties(): Promise<void> {
    const of = this.event;
    const found = of ? await this.server.properties(of).catch(() => null) : null;
    if (of === this.event) this.names = { ...this.names, properties: found?.properties ?? [] };
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Draw again whenever something has changed; from the first drawing on, for nobody is told twice. */
export function useEditor(editor: Editor): Editor {
  const [, draw] = useState(0);
  useLayoutEffect(() => editor.listen(() => draw((count) => count + 1)), [editor]);
  return editor;
}
