// The bars of a small chart: as tall as what they count, the tallest as tall as the chart.
import type { Day } from "./play";

export interface Bar {
  date: string;
  total: number;
  x: number;
  width: number;
  height: number;
}

export function total(day: Day): number {
  return Object.values(day.sent).reduce((sum, each) => sum + each, 0);
}

export function bars(days: Day[], width: number, height: number): Bar[] {
  const most = Math.max(1, ...days.map(total));
  const room = width / Math.max(1, days.length);
  const gap = Math.min(2, room / 4);
  return days.map((day, at) => ({
    date: day.date,
    total: total(day),
    x: at * room + gap / 2,
    width: room - gap,
    height: (total(day) / most) * height,
  }));
}
