// The clauses of an event: each a property, an operator, and a value.
import { Combo } from "../choices/Combo";
import { useOffer } from "../choices/choices";
import { useEditor } from "../editor";
import { isMapping, text } from "../model/steps";
import { at, type Mapping, type Path, type Plain } from "../model/tree";
import { operatorWords } from "../operators";
import { t } from "../words";
import { hint } from "./choices";
import { useField } from "./fields";
import { Rows } from "./lists";
import { ValueField } from "./values";

interface Clause {
  property: string;
  operator: string;
  value: Plain;
}

/** The clauses of `where`: each a property of the event, an operator, and a value. */
export function Where({ path, event }: { path: Path; event: string }) {
  const editor = useEditor();
  const { value, set } = useField(path);
  const known = useOffer(event ? "properties" : "", event);
  const clauses = clausesOf(value);
  /** Each comparison of a property stands once: a second one would wipe out the first. */
  const put = (next: Clause[]) => {
    const pairs = new Set(next.map((each) => JSON.stringify([each.property, each.operator])));
    if (pairs.size === next.length) set(next.length > 0 ? whereOf(next) : undefined);
  };
  const free = known.items?.find(
    ({ name }) => !clauses.some((each) => each.property === name && each.operator === "eq"),
  );
  const change = (index: number, part: Partial<Clause>) =>
    put(clauses.map((each, number) => (number === index ? { ...each, ...part } : each)));
  return (
    <>
      <Rows
        label={t("Only if")}
        add={t("Add a clause")}
        count={clauses.length}
        onAdd={() => put([...clauses, { property: free?.name ?? "", operator: "eq", value: "" }])}
        onRemove={(index) => put(clauses.filter((_each, number) => number !== index))}
      >
        {(index) => {
          const clause = clauses[index]!;
          const told = known.items?.find((each) => each.name === clause.property);
          return (
            <span className="sje-clause" title={told ? hint(told) : undefined}>
              <Combo
                label={t("Property")}
                value={clause.property}
                offer={known}
                onChange={(property) => change(index, { property })}
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
              <ValueField
                value={clause.value}
                from={{ kind: "property_values", of: event, at: clause.property }}
                several={clause.operator === "in" || clause.operator === "not_in"}
                onChange={(value) => change(index, { value })}
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

/** An event, and the clauses on its properties. */
export function EventClauses({ path }: { path: Path }) {
  const { value } = useField(path);
  return <Where path={[...path, "where"]} event={text(at(value, ["event"]))} />;
}
