// What comparisons are called.
import { t } from "./words";

const OPERATOR_WORDS: Record<string, () => string> = {
  eq: () => t("is"),
  ne: () => t("is not"),
  gt: () => t("more than"),
  gte: () => t("at least"),
  lt: () => t("less than"),
  lte: () => t("at most"),
  in: () => t("is one of"),
  not_in: () => t("is none of"),
  contains: () => t("contains"),
  not_contains: () => t("does not contain"),
  starts_with: () => t("starts with"),
  ends_with: () => t("ends with"),
  exists: () => t("is given"),
  before: () => t("is before"),
  after: () => t("is after"),
  within_last: () => t("within the last"),
  within_next: () => t("within the next"),
  ieq: () => t("is, whatever the case"),
  icontains: () => t("contains, whatever the case"),
  is: () => t("is the entry's"),
};

export function operatorWords(operator: string): string {
  return OPERATOR_WORDS[operator]?.() ?? operator;
}
