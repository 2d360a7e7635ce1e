// A condition as a tree of groups and rules, and back. A rule keeps its whole condition as data, so
// that what no form knows stays what it is; groups are `all`, `any` and `not` around them.
import type { Plain } from "../model/tree";
import { kindOf, unfinished, type Kind } from "./kinds";
import { sole } from "./mappings";

export interface Rule {
  id?: string;
  field: Kind;
  operator: string;
  value: Plain;
}

export interface Group {
  id?: string;
  combinator: "all" | "any";
  not?: boolean;
  /** The rule alone is the condition, without a group around it. */
  bare?: boolean;
  rules: (Rule | Group)[];
}

export function isGroup(node: Rule | Group): node is Group {
  return "rules" in node;
}

/** The tree of a condition; nothing is an empty one. */
export function toTree(condition: Plain | undefined): Group {
  if (condition === undefined) return { combinator: "all", bare: true, rules: [] };
  const node = nodeOf(condition);
  return isGroup(node) ? node : { combinator: "all", bare: true, rules: [node] };
}

function nodeOf(condition: Plain): Rule | Group {
  const group = groupOf(condition);
  if (group) return group;
  const inner = sole(condition, "not");
  const negated = inner === undefined ? null : groupOf(inner);
  if (negated) return { ...negated, not: true };
  return { field: kindOf(condition), operator: "", value: condition };
}

function groupOf(condition: Plain): Group | null {
  for (const combinator of ["all", "any"] as const) {
    const rules = sole(condition, combinator);
    if (Array.isArray(rules)) return { combinator, rules: rules.map(nodeOf) };
  }
  return null;
}

/** The condition of a tree; undefined where nothing was asked for. */
export function toCondition(tree: Group): Plain | undefined {
  const only = tree.rules[0];
  if (tree.bare && !tree.not && tree.combinator === "all") {
    if (!only) return undefined;
    if (tree.rules.length === 1 && !isGroup(only)) return only.value;
  }
  return written(tree);
}

function written(node: Rule | Group): Plain {
  if (!isGroup(node)) return node.value;
  const body = { [node.combinator]: node.rules.map(written) };
  return node.not ? { not: body } : body;
}

interface Placed {
  rule: Rule;
  /** Where it stands in the tree, and in the condition, as problems name places. */
  at: number[];
  place: string;
}

/** Every rule with its place. */
export function places(tree: Group, root = "condition"): Placed[] {
  const only = tree.rules[0];
  const alone = tree.bare && tree.rules.length === 1 && tree.combinator === "all" && !tree.not;
  if (alone && only && !isGroup(only)) return [{ rule: only, at: [0], place: root }];
  return below(tree, [], root);
}

function below(group: Group, at: number[], place: string): Placed[] {
  const inside = `${place}${group.not ? ".not" : ""}.${group.combinator}`;
  return group.rules.flatMap((node, index) => {
    const here = { at: [...at, index], place: `${inside}[${index}]` };
    return isGroup(node) ? below(node, here.at, here.place) : [{ ...here, rule: node }];
  });
}

/** Whether any rule of a tree is still to be filled in. */
export function open(tree: Group): boolean {
  return places(tree).some(({ rule }) => unfinished(rule.value));
}

/** The problems of each rule by its place in the tree, and those of no rule under "". */
export function sorted<P extends { path: string }>(tree: Group, problems: P[]): Map<string, P[]> {
  const known = places(tree);
  const found = new Map<string, P[]>();
  for (const problem of problems) {
    const rule = known
      .filter(({ place }) => problem.path === place || /^[.[]/.test(rest(problem.path, place)))
      .sort((one, other) => other.place.length - one.place.length)[0];
    const key = rule ? rule.at.join(".") : "";
    found.set(key, [...(found.get(key) ?? []), problem]);
  }
  return found;
}

function rest(path: string, place: string): string {
  return path.startsWith(place) ? path.slice(place.length) : "";
}
