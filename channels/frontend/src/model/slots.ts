// Where a block may go: every place that takes it, in the order of the page.
import type { Block } from "./blocks";
import { fits, holds, type Found } from "./edits";

export interface Slot {
  holder: Block;
  index: number;
  place: number;
}

export function slots(body: Block, from: Found): Slot[] {
  const found: Slot[] = [];
  const walk = (holder: Block, around: Block[]) => {
    const into = [...around, holder];
    if ((holder === body || holds(holder)) && fits(from.block, from.around, into))
      for (let index = 0; index <= holder.children.length; index += 1)
        found.push({ holder, index, place: holder.children[index - 1]?.end ?? holder.inner.start });
    for (const child of holder.children) walk(child, into);
  };
  walk(body, []);
  return found.sort((one, other) => one.place - other.place);
}

/** The next place up (-1) or down (1), into and out of what stands beside it. */
export function nextSlot(body: Block, from: Found, way: -1 | 1): Slot | null {
  const parent = from.around.at(-1)!;
  const here = parent.children[from.index - 1]?.end ?? parent.inner.start;
  const all = slots(body, from).filter(
    (each) => each.holder.start !== from.block.start || each.holder.end !== from.block.end,
  );
  return way > 0
    ? (all.find((each) => each.place > from.block.end) ?? null)
    : (all.findLast((each) => each.place < here) ?? null);
}
