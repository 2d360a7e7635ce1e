// The condition as groups and rules to click together, the sentence it makes, and its audience.
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import {
  QueryBuilder,
  RuleGroupBodyComponents,
  type ActionProps,
  type CombinatorSelectorProps,
  type FieldSelectorProps,
  type NotToggleProps,
  type RuleGroupProps,
  type RuleGroupType,
  type RuleType,
  type ShiftActionsProps,
  type UseRuleGroup,
  type ValueEditorProps,
} from "react-querybuilder";
import { count, t } from "../words";
import { Icon } from "../parts";
import type { Plain } from "../model/tree";
import {
  Held,
  useBuilding,
  type Asker,
  type Audience,
  type Building,
  type Language,
} from "./asker";
import { AudienceView, useAudience } from "./Audience";
import {
  begin,
  kindOf,
  open,
  same,
  sorted,
  toCondition,
  toTree,
  type Group,
  type Kind,
} from "./model";
import { RuleForm } from "./rules";
import { KIND_ICONS, KIND_WORDS } from "./words";
import css from "./conditions.css?inline";

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const ADDED: Kind[] = [
  "attribute",
  "event",
  "message",
  "segment",
  "stage",
  "lifecycle",
  "consent",
  "reachable",
  "in_journey",
  "random",
];

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
  useEffect(() => {
    props.asker.language().then(setLanguage, (error: Error) => setFailed(error.message));
  }, [props.asker]);
  if (language) return <Ready {...props} language={language} />;
  return <p className="sjc-waiting">{failed || t("The builder opens…")}</p>;
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
      asker,
      language,
      locked,
      place,
      faults: sorted(tree, audience.faults),
      leavesOut: (audience.found?.rules ?? []).map((rule) => ({
        count: rule.count,
        exact: audience.found!.exact,
      })),
    }),
    [asker, language, locked, place, tree, audience.faults, audience.found],
  );
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
  return <Held.Provider value={building}>{frame(rules, panel)}</Held.Provider>;
}

const added = (rule: RuleType, _path: unknown, _query: unknown, kind: unknown) => ({
  ...rule,
  field: String(kind),
  operator: "",
  value: begin(kind as Kind),
});
const anyOf = (group: RuleGroupType) => ({ ...group, combinator: "any", rules: [] });
const beginning = (rule: { field: string }) => begin(rule.field as Kind);

const FIELDS = () => ADDED.map((kind) => ({ name: kind, label: KIND_WORDS[kind]() }));
const COMBINATORS = () => [
  { name: "all", label: t("all of these") },
  { name: "any", label: t("at least one of these") },
];

const CONTROLS = {
  fieldSelector: KindSelect,
  operatorSelector: null,
  valueEditor: Form,
  combinatorSelector: Combinator,
  notToggle: NotToggle,
  addRuleAction: null,
  addGroupAction: null,
  ruleGroupBodyElements: Body,
  removeRuleAction: Remove,
  removeGroupAction: Remove,
  shiftActions: Shift,
} as const;

function KindSelect({ value, handleOnChange, rule, disabled }: FieldSelectorProps) {
  const kind = kindOf(rule.value as Plain);
  const known = ADDED.includes(kind) ? ADDED : [kind, ...ADDED];
  return (
    <span className="sjc-kind">
      <Icon name={KIND_ICONS[kind]} />
      <select
        aria-label={t("What the rule is about")}
        value={kind}
        disabled={disabled}
        onChange={(event) => {
          if (event.target.value !== value || kind !== value) handleOnChange(event.target.value);
        }}
      >
        {known.map((each) => (
          <option key={each} value={each}>
            {KIND_WORDS[each]()}
          </option>
        ))}
      </select>
    </span>
  );
}

function Form({ value, handleOnChange, path }: ValueEditorProps) {
  const { faults, leavesOut } = useBuilding();
  const told = faults.get(path.join(".")) ?? [];
  const left = path.length === 1 ? leavesOut[path[0]!] : undefined;
  return (
    <>
      <span className="sjc-form">
        <RuleForm
          kind={kindOf(value as Plain)}
          value={value as Plain}
          onChange={(next) => handleOnChange(next)}
        />
      </span>
      {left !== undefined && (
        <span className="sjc-left" title={t("customers who would belong without this rule")}>
          {t("leaves out {n}", { n: `${left.exact ? "" : "≈ "}${count(left.count)}` })}
        </span>
      )}
      {told.map((fault) => (
        <span key={fault.path + fault.message} className="sjc-wrong" role="alert">
          {fault.message}
        </span>
      ))}
    </>
  );
}

function Combinator({ value, handleOnChange, options, disabled, level }: CombinatorSelectorProps) {
  return (
    <label className="sjc-joins">
      <span>{level === 0 ? t("Customers for whom") : t("for whom")}</span>
      <select
        className="sj-input"
        aria-label={t("How the rules are joined")}
        value={value}
        disabled={disabled}
        onChange={(event) => handleOnChange(event.target.value)}
      >
        {(options as { name: string; label: string }[]).map((each) => (
          <option key={each.name} value={each.name}>
            {each.label}
          </option>
        ))}
      </select>
      <span>{t("hold")}</span>
    </label>
  );
}

function NotToggle({ checked, handleOnChange, disabled }: NotToggleProps) {
  return (
    <button
      type="button"
      className="sjc-not"
      aria-pressed={!!checked}
      disabled={disabled}
      title={t("Turn round: those for whom it does not hold")}
      onClick={() => handleOnChange(!checked)}
    >
      <Icon name="block" />
      <span>{t("not")}</span>
    </button>
  );
}

/** The rules, and below them what adds one. */
function Body(group: RuleGroupProps & UseRuleGroup) {
  const { locked } = useBuilding();
  return (
    <>
      <RuleGroupBodyComponents {...group} />
      {!locked && (
        <div className="sjc-adders">
          <select
            className="sj-input sjc-add"
            aria-label={t("Add a rule")}
            value=""
            onChange={(event) => group.addRule(undefined, event.target.value)}
          >
            <option value="">{t("Add a rule about…")}</option>
            {ADDED.map((kind) => (
              <option key={kind} value={kind}>
                {KIND_WORDS[kind]()}
              </option>
            ))}
          </select>
          <button type="button" className="sjc-link" onClick={(event) => group.addGroup(event)}>
            <Icon name="add" />
            {t("Add a group")}
          </button>
        </div>
      )}
    </>
  );
}

function Remove({ handleOnClick, disabled, ruleOrGroup }: ActionProps) {
  if (disabled) return null;
  const label = "rules" in ruleOrGroup ? t("Remove the group") : t("Remove the rule");
  return (
    <button
      type="button"
      className="sjc-tool sjc-remove"
      aria-label={label}
      title={label}
      onClick={handleOnClick}
    >
      <Icon name="close" />
    </button>
  );
}

function Shift({
  shiftUp,
  shiftDown,
  shiftUpDisabled,
  shiftDownDisabled,
  disabled,
}: ShiftActionsProps) {
  if (disabled || (shiftUpDisabled && shiftDownDisabled)) return null;
  return (
    <span className="sjc-shift">
      <button
        type="button"
        className="sjc-tool"
        aria-label={t("Move up")}
        title={t("Move up")}
        disabled={shiftUpDisabled}
        onClick={shiftUp}
      >
        <Icon name="keyboard_arrow_up" />
      </button>
      <button
        type="button"
        className="sjc-tool"
        aria-label={t("Move down")}
        title={t("Move down")}
        disabled={shiftDownDisabled}
        onClick={shiftDown}
      >
        <Icon name="keyboard_arrow_down" />
      </button>
    </span>
  );
}
