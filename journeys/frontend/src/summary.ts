// What a step or a way is called on the canvas, in the reader's words.
import { at, type Plain } from "./model/tree";
import { isMapping, list, text, type Exit, type Kind, type Step } from "./model/steps";
import { duration, t } from "./words";

export const ICONS: Record<Kind | "enter" | "", string> = {
  send: "send",
  wait: "hourglass_empty",
  wait_for: "notifications_active",
  branch: "alt_route",
  split: "science",
  update: "edit_note",
  call: "webhook",
  enroll: "login",
  leave: "logout",
  enter: "bolt",
  "": "help",
};

export const CHANNEL_ICONS: Record<string, string> = {
  email: "mail",
  sms: "sms",
  push: "phone_iphone",
  telegram: "send",
  whatsapp: "chat",
  webhook: "webhook",
  inbox: "web",
};

export interface Names {
  channels: Record<string, string>;
  kinds: Record<string, string>;
}

export function iconOf(step: Step): string {
  const channel = step.kind === "send" ? text(list(at(step.raw, ["send", "channel"]))[0]) : "";
  return CHANNEL_ICONS[channel] ?? ICONS[step.kind];
}

/** One line that says what the step does. */
export function titleOf(step: Step, names: Names): string {
  return step.kind
    ? TITLES[step.kind](step.raw[step.kind], names) || capital(names.kinds[step.kind] ?? step.kind)
    : t("Unknown step");
}

export function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

const TITLES: Record<Kind, (value: Plain | undefined, names: Names) => string> = {
  send: (value, names) => {
    const channels = list(at(value, ["channel"])).map(
      (each) => names.channels[text(each)] ?? text(each),
    );
    const said = ["template", "subject", "title", "text", "body"]
      .map((key) => text(at(value, [key])))
      .find(Boolean);
    return said ? `${channels.join(", ")}: ${said}` : channels.join(", ");
  },
  wait: (value) => waiting(value),
  wait_for: (value) => {
    const events = list(at(value, ["any"])).map(
      (each) => text(at(each, ["event"])) || t("a condition"),
    );
    return t("Wait for {what}", { what: events.filter(Boolean).join(", ") || "…" });
  },
  branch: () => "",
  split: (value) => {
    const arms = list(value).map(
      (arm) => `${text(at(arm, ["arm"]))} ${text(at(arm, ["share"]))} %`,
    );
    return t("Split: {arms}", { arms: arms.join(" · ") });
  },
  update: (value) => {
    const keys = [
      ...Object.keys(isMapping(at(value, ["set"])) ? (at(value, ["set"]) as object) : {}),
      ...list(at(value, ["unset"])).map(text),
    ];
    return keys.length > 0 ? t("Update {what}", { what: keys.join(", ") }) : "";
  },
  call: (value) => {
    const host = /^https?:\/\/([^/{]+)/.exec(text(at(value, ["url"])))?.[1];
    return host ? t("Call {what}", { what: host }) : "";
  },
  enroll: (value) => (text(value) ? t("Enroll in {what}", { what: text(value) }) : ""),
  leave: (value) => (text(value) ? t("Leave: {what}", { what: text(value) }) : ""),
};

function waiting(value: Plain | undefined): string {
  if (!isMapping(value)) return t("Wait {time}", { time: duration(text(value)) });
  const days = list(value.on).map(text).join(", ");
  const on = days ? ` (${days})` : "";
  if ("until" in value) return t("Wait until {time}", { time: text(value.until) }) + on;
  if ("window" in value) return t("Wait for the hours {time}", { time: text(value.window) }) + on;
  if ("best_time" in value)
    return t("Wait for the best time, {time} at most", { time: duration(text(value.best_time)) });
  return t("Wait for the date {what}", {
    what: [text(value.date), duration(text(value.offset))].filter(Boolean).join(" "),
  });
}

/** When a way is taken. */
export function labelOf(exit: Exit | null, sentences: Record<string, string>): string {
  const label = exit?.label ?? { kind: "none" as const };
  switch (label.kind) {
    case "none":
      return "";
    case "event":
      return label.event || "…";
    case "if":
      return sentences[label.path] || rough(label.condition);
    case "arm":
      return `${label.arm} ${label.share} %${label.ghost ? ` · ${t("control")}` : ""}`;
    case "word":
      return label.after ? t("after {time}", { time: duration(label.after) }) : WORDS[label.word]();
  }
}

const WORDS = {
  else: () => t("else"),
  "time-out": () => t("time-out"),
  failed: () => t("failed"),
  "date has passed": () => t("date has passed"),
};

/** A condition before the server has put it into words. */
function rough(condition: Plain): string {
  return (
    JSON.stringify(condition)?.replace(/["{}]/g, "").replaceAll(",", ", ").replaceAll(":", " ") ??
    "…"
  );
}
