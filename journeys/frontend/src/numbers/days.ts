// Days as the server takes them: whole ones, of the calendar.
import { t } from "../words";

export const ALL = -1;
export const PERIODS: { days: number; says(): string }[] = [
  { days: ALL, says: () => t("All days") },
  { days: 0, says: () => t("Today") },
  { days: 6, says: () => t("Last 7 days") },
  { days: 29, says: () => t("Last 30 days") },
];

/** From so many days before today on; ALL has no first day. */
export function daysBack(days: number, today = new Date()): { since: string; until: string } {
  if (days === ALL) return { since: "", until: "" };
  const first = new Date(today.getFullYear(), today.getMonth(), today.getDate() - days);
  return { since: written(first), until: "" };
}

function written(day: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
