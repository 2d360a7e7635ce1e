// The condition as groups and rules to click together, the sentence it makes, and its audience.
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { QueryBuilder, type RuleGroupType, type RuleType } from "react-querybuilder";
import { Chosen } from "../choices/choices";
import { told as why } from "../http";
import type { Plain } from "../model/tree";
import { t } from "../words";
import { Held, type Asker, type Audience, type Building, type Language } from "./asker";
import { AudienceView, useAudience } from "./Audience";
import { CONTROLS } from "./controls";
import { open, sorted, toCondition, toTree, type Group } from "./groups";
import { begin, OFFERED, type Kind } from "./kinds";
import { same } from "./mappings";
import { KIND_WORDS } from "./words";
import css from "./conditions.css?inline";

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

export interface BuilderProps {
  asker: Asker;
  place: "segment" | "journey";
  locked: boolean;
  condition: Plain | undefined;
  /** The audience of the condition as it is at first, where it is known. */
  first?: Audience | null;
  onChange(condition: Plain | undefined): void;
  /** Where the rules and the audience stand. */
  frame(rules: ReactNode, audience: ReactNode): ReactNode;
}

export function Builder(props: BuilderProps) {
  const [language, setLanguage] = useState<Language | null>(null);
  const [failed, setFailed] = useState("");
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    props.asker.language().then(
      (found) => !gone && setLanguage(found),
      (error: unknown) => !gone && setFailed(why(error)),
    );
    return () => {
      gone = true;
    };
  }, [props.asker, round]);
  if (language) return <Ready {...props} language={language} />;
  if (!failed) return <p className="sjc-waiting">{t("The builder opens…")}</p>;
  const again = () => {
    setFailed("");
    setRound(round + 1);
  };
  return (
    <p className="sjc-waiting" role="alert">
      {failed}{" "}
      <button type="button" className="sjc-link" onClick={again}>
        {t("Try again")}
      </button>
    </p>
  );
}

function Ready({
  asker,
  place,
  locked,
  condition,
  first = null,
  onChange,
  frame,
  language,
}: BuilderProps & { language: Language }) {
  const [tree, setTree] = useState<Group>(() => toTree(condition));
  const mine = useRef(condition);
  useEffect(() => {
    if (!same(condition, mine.current)) {
      mine.current = condition;
      setTree(toTree(condition));
    }
  }, [condition]);
  const [fields, combinators] = useMemo(() => [FIELDS(), COMBINATORS()], []);
  const audience = useAudience(asker, tree, place, first);
  const building: Building = useMemo(
    () => ({
      language,
      locked,
      place,
      faults: sorted(tree, audience.faults),
      leavesOut: (audience.found?.rules ?? []).map((rule) => ({
        count: rule.count,
        exact: audience.found!.exact,
      })),
    }),
    [language, locked, place, tree, audience.faults, audience.found],
  );
  const choosing = useMemo(() => ({ choices: asker.choices, locked }), [asker, locked]);
  const change = (next: RuleGroupType) => {
    const group = next as unknown as Group;
    setTree(group);
    const said = toCondition(group);
    if (same(said, mine.current)) return;
    mine.current = said;
    onChange(said);
  };
  const told = building.faults.get("") ?? [];
  const panel = <AudienceView audience={audience} />;
  const rules = (
    <div className="sjc" data-locked={locked || undefined}>
      <QueryBuilder
        query={tree as unknown as RuleGroupType}
        onQueryChange={change}
        fields={fields}
        combinators={combinators}
        controlElements={CONTROLS}
        controlClassnames={{ queryBuilder: "sjc-tree" }}
        getDefaultValue={beginning}
        onAddRule={added}
        onAddGroup={anyOf}
        disabled={locked}
        showNotToggle
        showShiftActions
        resetOnFieldChange
        enableMountQueryChange={false}
      />
      {told.map((fault) => (
        <p key={fault.path + fault.message} className="sjc-wrong" role="alert">
          {fault.message}
        </p>
      ))}
      <p className="sjc-sentence" aria-live="polite">
        {audience.found && !open(tree) ? audience.found.words : ""}
      </p>
    </div>
  );
  return (
    <Chosen.Provider value={choosing}>
      <Held.Provider value={building}>{frame(rules, panel)}</Held.Provider>
    </Chosen.Provider>
  );
}

const added = (rule: RuleType, _path: unknown, _query: unknown, kind: unknown) => ({
  ...rule,
  field: String(kind),
  operator: "",
  value: begin(kind as Kind),
});
const anyOf = (group: RuleGroupType) => ({ ...group, combinator: "any", rules: [] });
const beginning = (rule: { field: string }) => begin(rule.field as Kind);

const FIELDS = () => OFFERED.map((kind) => ({ name: kind, label: KIND_WORDS[kind]() }));
const COMBINATORS = () => [
  { name: "all", label: t("all of these") },
  { name: "any", label: t("at least one of these") },
];
