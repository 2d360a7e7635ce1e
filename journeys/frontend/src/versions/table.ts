// The values that differ, under the steps that they are of.
import type { Compared, FieldLine } from "../server";

export interface StepFields {
  step: string;
  change: string;
  standing: number;
  fields: FieldLine[];
}

/** The journey itself first, then the steps in the order in which they come. */
export function byStep(found: Compared): StepFields[] {
  const known = new Map(found.steps.map((step) => [step.id, step]));
  const groups = new Map<string, FieldLine[]>();
  for (const field of found.fields)
    groups.set(field.step, [...(groups.get(field.step) ?? []), field]);
  for (const step of found.steps)
    if (step.change !== "same" && !groups.has(step.id)) groups.set(step.id, []);
  return [...groups].map(([step, fields]) => ({
    step,
    fields,
    change: known.get(step)?.change ?? "",
    standing: known.get(step)?.standing ?? 0,
  }));
}
