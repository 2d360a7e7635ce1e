// Mappings as their author wrote them: the order of keys stays.
import { isMapping } from "../model/steps";
import type { Mapping, Plain } from "../model/tree";

/** The value of a mapping's only key. */
export function sole(value: Plain, key: string): Plain | undefined {
  return isMapping(value) && key in value && Object.keys(value).length === 1
    ? value[key]
    : undefined;
}

/** A mapping with another value at a key; undefined takes the key away. The order stays. */
export function put(value: Mapping, key: string, next: Plain | undefined): Mapping {
  const { [key]: _old, ...rest } = value;
  if (next === undefined) return rest;
  return key in value
    ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === key ? next : v]))
    : { ...value, [key]: next };
}

/** A mapping whose key is called otherwise, in its place. */
export function renamed(value: Mapping, key: string, name: string, held: Plain): Mapping {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([k]) => k === key || k !== name)
      .map(([k, v]) => (k === key ? [name, held] : [k, v])),
  );
}

/** Equal, the order of keys included: it is how their author wrote them. */
export function same(one: Plain | undefined, other: Plain | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
