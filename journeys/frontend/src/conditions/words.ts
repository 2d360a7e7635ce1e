// What the parts of a condition are called.
import { t } from "../words";
import type { Kind } from "./kinds";

export const KIND_WORDS: Record<Kind, () => string> = {
  attribute: () => t("Attribute"),
  event: () => t("Event"),
  sequence: () => t("Events in order"),
  message: () => t("Message"),
  segment: () => t("Segment"),
  stage: () => t("Lifecycle stage"),
  lifecycle: () => t("Lifecycle segment"),
  consent: () => t("Consent"),
  reachable: () => t("Reachable"),
  in_journey: () => t("In a journey"),
  context: () => t("Saved on the way"),
  random: () => t("Random share"),
  text: () => t("As text"),
};

export const KIND_ICONS: Record<Kind, string> = {
  attribute: "person",
  event: "bolt",
  sequence: "format_list_numbered",
  message: "mail",
  segment: "group",
  stage: "stairs",
  lifecycle: "donut_small",
  consent: "verified_user",
  reachable: "cell_tower",
  in_journey: "route",
  context: "inventory_2",
  random: "casino",
  text: "code",
};

export const MEASURE_WORDS: Record<string, () => string> = {
  did: () => t("happened"),
  never: () => t("never happened"),
  count: () => t("number of times"),
  sum: () => t("sum of"),
  avg: () => t("average of"),
  min: () => t("smallest"),
  max: () => t("largest"),
  distinct: () => t("different values of"),
  first_at: () => t("first time"),
  last_at: () => t("last time"),
};

const OUTCOME_WORDS: Record<string, () => string> = {
  sent: () => t("sent"),
  withheld: () => t("withheld"),
  skipped: () => t("skipped"),
  delivered: () => t("delivered"),
  opened: () => t("opened"),
  clicked: () => t("clicked"),
  bounced: () => t("bounced"),
  complained: () => t("complained"),
  unsubscribed: () => t("unsubscribed"),
  failed: () => t("failed"),
  replied: () => t("replied"),
};

export function outcomeWords(code: string): string {
  return OUTCOME_WORDS[code]?.() ?? code;
}

export const UNIT_WORDS: Record<string, () => string> = {
  s: () => t("seconds"),
  m: () => t("minutes"),
  h: () => t("hours"),
  d: () => t("days"),
  w: () => t("weeks"),
};
