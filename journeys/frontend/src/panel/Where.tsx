// The clauses of an event: each a property, an operator, and a value.
import { useId } from "react";
import { parse } from "yaml";
import { useEditor } from "../editor";
import { isMapping, list, text } from "../model/steps";
import { at, type Mapping, type Path, type Plain } from "../model/tree";
import { operatorWords } from "../operators";
import { t } from "../words";
import { hint, Options, useChoices } from "./choices";
import { useField } from "./fields";
import { Rows } from "./lists";

interface Clause {
  property: string;
  operator: string;
  value: Plain;
}

/** The clauses of `where`: each a property of the event, an operator, and a value. */
export function Where({ path, event }: { path: Path; event: string }) {
  const editor = useEditor();
  const { value, set } = useField(path);
  const known = useChoices(event ? "properties" : "", event);
  const names = useId();
  const clauses = clausesOf(value);
  const put = (next: Clause[]) => set(next.length > 0 ? whereOf(next) : undefined);
  const change = (index: number, part: Partial<Clause>) =>
    put(clauses.map((each, number) => (number === index ? { ...each, ...part } : each)));
  return (
    <>
      <Options id={names} options={known} />
      <Rows
        label={t("Only if")}
        add={t("Add a clause")}
        count={clauses.length}
        onAdd={() =>
          put([...clauses, { property: known[0]?.name ?? "", operator: "eq", value: "" }])
        }
        onRemove={(index) => put(clauses.filter((_each, number) => number !== index))}
      >
        {(index) => {
          const clause = clauses[index]!;
          const told = known.find((each) => each.name === clause.property);
          return (
            <span className="sje-clause" title={told ? hint(told) : undefined}>
              <input
                className="sj-input"
                aria-label={t("Property")}
                list={names}
                value={clause.property}
                readOnly={editor.locked}
                onChange={(typed) => change(index, { property: typed.target.value })}
              />
              <select
                className="sj-input"
                aria-label={t("Operator")}
                value={clause.operator}
                disabled={editor.locked}
                onChange={(typed) => change(index, { operator: typed.target.value })}
              >
                {editor.boot.operators.map((operator) => (
                  <option key={operator} value={operator}>
                    {operatorWords(operator)}
                  </option>
                ))}
              </select>
              <input
                className="sj-input"
                aria-label={t("Value")}
                value={written(clause.value)}
                readOnly={editor.locked}
                onChange={(typed) => change(index, { value: valueOf(typed.target.value) })}
              />
            </span>
          );
        }}
      </Rows>
    </>
  );
}

function clausesOf(value: Plain | undefined): Clause[] {
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([property, tests]) =>
    isMapping(tests)
      ? Object.entries(tests).map(([operator, tested]) => ({ property, operator, value: tested }))
      : [],
  );
}

function whereOf(clauses: Clause[]): Mapping {
  const found: { [property: string]: Mapping } = {};
  for (const { property, operator, value } of clauses)
    found[property] = { ...found[property], [operator]: value };
  return found;
}

/** What was typed as a value: a number, yes or no, a list, or text. */
export function valueOf(typed: string): Plain {
  if (/^\s|\s$|^0\d|\.$|[.,]0*$/.test(typed)) return typed;
  try {
    const found: Plain = parse(typed);
    return found === null || isMapping(found) ? typed : found;
  } catch {
    return typed;
  }
}

export function written(value: Plain | undefined): string {
  if (Array.isArray(value)) return `[${value.map((each) => written(each)).join(", ")}]`;
  return value === null || value === undefined
    ? ""
    : text(value) || String(value === "" ? "" : JSON.stringify(value));
}

/** An event, and the clauses on its properties. */
export function EventClauses({ path }: { path: Path }) {
  const { value } = useField(path);
  return <Where path={[...path, "where"]} event={text(at(value, ["event"]))} />;
}

export function isList(value: Plain | undefined): boolean {
  return list(value).length > 0;
}
