// Which problem belongs to which step: paths name a step by its id or its position.
import { ENTER, type Step } from "./steps";
import type { Problem } from "../server";

/** The key of the step that a problem is about; what is about no step is about the journey. */
export function placeOf(problem: Problem, steps: Step[]): string {
  const named = /^steps\[([^\]]+)\]/.exec(problem.path)?.[1];
  if (named === undefined) return ENTER;
  const step =
    steps.find((each) => each.id === named) ?? steps.find((each) => String(each.index) === named);
  return step?.key ?? ENTER;
}

export function byPlace(problems: Problem[], steps: Step[]): Map<string, Problem[]> {
  const found = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = placeOf(problem, steps);
    found.set(key, [...(found.get(key) ?? []), problem]);
  }
  return found;
}

/** What is wrong at a field of a step, by the end of its path such as `send.subject`. */
export function at(problems: Problem[], field: string): string {
  const found = problems.find(
    (problem) => problem.path === field || problem.path.endsWith(`].${field}`),
  );
  return found?.message ?? "";
}

/** The next place with a problem after `from`, round and round. */
export function following(problems: Problem[], steps: Step[], from: string | null): string | null {
  const order = [ENTER, ...steps.map((step) => step.key)];
  const places = byPlace(problems, steps);
  const bad = order.filter((key) => places.has(key));
  const here = from === null ? -1 : order.indexOf(from);
  return bad.find((key) => order.indexOf(key) > here) ?? bad[0] ?? null;
}
