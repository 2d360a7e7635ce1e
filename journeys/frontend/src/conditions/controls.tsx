// How groups and rules are clicked together: what stands in the places that the query builder has.
import {
  RuleGroupBodyComponents,
  type ActionProps,
  type CombinatorSelectorProps,
  type FieldSelectorProps,
  type NotToggleProps,
  type RuleGroupProps,
  type ShiftActionsProps,
  type UseRuleGroup,
  type ValueEditorProps,
} from "react-querybuilder";
import type { Plain } from "../model/tree";
import { Icon } from "../parts";
import { count, t } from "../words";
import { useBuilding } from "./asker";
import { kindOf, OFFERED } from "./kinds";
import { RemoveButton } from "./RemoveButton";
import { RuleForm } from "./rules";
import { KIND_ICONS, KIND_WORDS } from "./words";

export const CONTROLS = {
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
  const known = OFFERED.includes(kind) ? OFFERED : [kind, ...OFFERED];
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
            {OFFERED.map((kind) => (
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

function Remove({ handleOnClick, ruleOrGroup }: ActionProps) {
  const label = "rules" in ruleOrGroup ? t("Remove the group") : t("Remove the rule");
  return <RemoveButton label={label} className="sjc-tool sjc-remove" onClick={handleOnClick} />;
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
