// The smallest change that turns one value into another, so that the text around it can stay.
import { isMapping } from "../model/steps";
import type { Mapping, Path, Plain } from "../model/tree";
import { same } from "./mappings";

/** The smallest part in which two values differ, and what stands there in the second; undefined where
 * it is gone. */
export function difference(
  old: Plain | undefined,
  next: Plain | undefined,
): { path: Path; value: Plain | undefined } | null {
  if (same(old, next)) return null;
  const one = oneMore(old, next);
  if (one) return one;
  const keys = sharedKeys(old, next);
  const differing = keys.filter((key) => !same(at(old, key), at(next, key)));
  const key = differing[0];
  if (keys.length === 0 || differing.length !== 1 || key === undefined)
    return { path: [], value: next };
  const found = difference(at(old, key), at(next, key));
  return found && { path: [key, ...found.path], value: found.value };
}

/** An item that is gone from a list, or was put at its end. */
function oneMore(
  old: Plain | undefined,
  next: Plain | undefined,
): { path: Path; value: Plain | undefined } | null {
  if (!Array.isArray(old) || !Array.isArray(next)) return null;
  if (next.length === old.length + 1 && same(next.slice(0, -1), old))
    return { path: [old.length], value: next.at(-1)! };
  const gone = old.findIndex((each, index) => !same(each, next[index] ?? null));
  const rest = old.filter((_each, index) => index !== gone);
  return old.length === next.length + 1 && same(rest, next)
    ? { path: [gone], value: undefined }
    : null;
}

/** The keys of two collections that differ at most in what stands at these keys. */
function sharedKeys(old: Plain | undefined, next: Plain | undefined): (string | number)[] {
  if (Array.isArray(old) && Array.isArray(next))
    return old.length === next.length ? old.map((_each, index) => index) : [];
  if (!isMapping(old) || !isMapping(next)) return [];
  const [before, after] = [Object.keys(old), Object.keys(next)];
  const kept = after.filter((key) => key in old).join("\0");
  const added = after.filter((key) => !(key in old)).length;
  const inOrder = before.filter((key) => key in next).join("\0") === kept;
  return inOrder && (added === 0 || after.slice(-added).every((key) => !(key in old)))
    ? [...new Set([...before, ...after])]
    : [];
}

function at(value: Plain | undefined, key: string | number): Plain | undefined {
  return (value as Mapping)[key as string];
}
