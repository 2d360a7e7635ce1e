// One form a step kind.
import type { ComponentType } from "react";
import { useEditor } from "../editor";
import { END, isMapping, text, type Kind, type Step } from "../model/steps";
import { at, type Path, type Plain } from "../model/tree";
import { t } from "../words";
import { Condition } from "../conditions/Condition";
import { Combo } from "../choices/Combo";
import { useOffer } from "../choices/choices";
import { EventClauses } from "./Where";
import { ValueField } from "./values";
import { Picker } from "./choices";
import {
  DurationField,
  Field,
  NumberField,
  OptionalField,
  SelectField,
  Switch,
  TextField,
  useField,
} from "./fields";
import { Rows, useList, YamlField } from "./lists";
import { SendForm } from "./SendForm";
import { WaitForm } from "./WaitForm";

export interface FormProps {
  step: Step;
  path: Path;
}

function WaitForForm({ path }: FormProps) {
  const body: Path = [...path, "wait_for"];
  const cases = useList([...body, "any"]);
  const { value: timeout, set } = useField([...body, "timeout"]);
  const editor = useEditor();
  return (
    <>
      <Rows
        label={t("Goes on when")}
        add={t("Add another event")}
        count={cases.items.length}
        onAdd={() => cases.add({ event: "", then: END })}
        onRemove={cases.remove}
      >
        {(index) => {
          const place: Path = [...body, "any", index];
          if (at(cases.items[index], ["if"]) !== undefined)
            return <Condition label={t("Condition")} path={[...place, "if"]} />;
          return (
            <>
              <Picker label={t("Event")} kind="events" path={[...place, "event"]} />
              <EventClauses path={place} />
            </>
          );
        }}
      </Rows>
      {!editor.locked && (
        <button
          type="button"
          className="sj-button sj-button-small"
          onClick={() => cases.add({ if: { attribute: "", exists: true }, then: END })}
        >
          {t("Add a condition")}
        </button>
      )}
      <Field label={t("Waits at most")}>
        {(id) => (
          <select
            id={id}
            className="sj-input"
            disabled={editor.locked}
            value={timeout === "never" ? "never" : "time"}
            onChange={(event) => set(event.target.value === "never" ? "never" : "1d")}
          >
            <option value="time">{t("a time")}</option>
            <option value="never">{t("for ever")}</option>
          </select>
        )}
      </Field>
      {timeout !== "never" && <DurationField label={t("Time-out")} path={[...body, "timeout"]} />}
      <SelectField
        label={t("What counts")}
        path={[...body, "since"]}
        none={t("from arriving here")}
        options={{ entry: t("from entering the journey") }}
      />
    </>
  );
}

function BranchForm({ path }: FormProps) {
  const lines = useList([...path, "branch"]);
  return (
    <Rows
      label={t("Ways")}
      add={t("Add a way")}
      count={lines.items.length}
      onAdd={() => lines.add({ if: { attribute: "", exists: true }, then: END })}
      onRemove={lines.remove}
    >
      {(index) => (
        <Condition
          label={index === 0 ? t("If") : t("Else if")}
          path={[...path, "branch", index, "if"]}
        />
      )}
    </Rows>
  );
}

function SplitForm({ path }: FormProps) {
  const arms = useList([...path, "split"]);
  const sum = arms.items.reduce((total: number, arm) => total + Number(at(arm, ["share"]) ?? 0), 0);
  const name = () =>
    [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].find(
      (letter) => !arms.items.some((arm) => text(at(arm, ["arm"])) === letter),
    ) ?? "arm";
  return (
    <>
      <Rows
        label={t("Arms")}
        add={t("Add an arm")}
        count={arms.items.length}
        onAdd={() => arms.add({ arm: name(), share: Math.max(0, 100 - sum) })}
        onRemove={arms.remove}
      >
        {(index) => (
          <span className="sje-arm">
            <TextField label={t("Arm")} path={[...path, "split", index, "arm"]} />
            <NumberField label={t("Share, %")} path={[...path, "split", index, "share"]} />
            <Switch
              label={t("control group: nothing is sent")}
              path={[...path, "split", index, "ghost"]}
            />
          </span>
        )}
      </Rows>
      <p className={sum === 100 ? "sje-help" : "sje-wrong"}>
        {t("The shares add up to {sum} %.", { sum })}
      </p>
    </>
  );
}

function UpdateForm({ path }: FormProps) {
  const body: Path = [...path, "update"];
  const { value, set } = useField([...body, "set"]);
  const known = useOffer("attributes");
  const pairs = isMapping(value) ? Object.entries(value) : [];
  const put = (next: [string, Plain][]) =>
    set(next.length > 0 ? Object.fromEntries(next) : undefined);
  const change = (index: number, pair: [string, Plain]) => {
    const taken = pairs.some(([key], number) => number !== index && key === pair[0]);
    if (!taken) put(pairs.map((each, number) => (number === index ? pair : each)));
  };
  return (
    <>
      <Rows
        label={t("Set attributes")}
        add={t("Add an attribute")}
        count={pairs.length}
        onAdd={() => put([...pairs, [fresh(pairs), ""]])}
        onRemove={(index) => put(pairs.filter((_each, number) => number !== index))}
      >
        {(index) => {
          const [key, held] = pairs[index]!;
          return (
            <span className="sje-clause">
              <Combo
                label={t("Attribute")}
                value={key}
                offer={known}
                onChange={(name) => change(index, [name, held])}
              />
              <span>=</span>
              <ValueField
                value={held}
                from={{ kind: "values", of: key }}
                onChange={(next) => change(index, [key, next])}
              />
            </span>
          );
        }}
      </Rows>
      <YamlField
        label={t("Take attributes away")}
        path={[...body, "unset"]}
        rows={1}
        placeholder="[trial]"
      />
      <YamlField
        label={t("Subscribe to")}
        path={[...body, "subscribe"]}
        rows={1}
        placeholder="{channel: email, topic: news}"
      />
      <YamlField
        label={t("Unsubscribe from")}
        path={[...body, "unsubscribe"]}
        rows={1}
        placeholder="{channel: sms}"
      />
    </>
  );
}

function fresh(pairs: [string, Plain][]): string {
  const taken = new Set(pairs.map(([key]) => key));
  for (let number = 1; ; number++)
    if (!taken.has(`attribute_${number}`)) return `attribute_${number}`;
}

function CallForm({ step, path }: FormProps) {
  const body: Path = [...path, "call"];
  const editor = useEditor();
  const steps = Object.fromEntries(
    editor.steps
      .filter((each) => each.id && each.key !== step.key)
      .map((each) => [each.id, t("go to {step}", { step: each.id })]),
  );
  return (
    <>
      <TextField
        label={t("Address")}
        path={[...body, "url"]}
        placeholder="https://api.example.com/score/{{ customer.user_id }}"
        jinja
      />
      <SelectField
        label={t("Method")}
        path={[...body, "method"]}
        none="POST"
        options={{ GET: "GET", PUT: "PUT", PATCH: "PATCH", DELETE: "DELETE" }}
      />
      <YamlField
        label={t("Body")}
        path={[...body, "body"]}
        placeholder={'basket: "{{ entry.cart_id }}"'}
      />
      <YamlField
        label={t("Headers")}
        path={[...body, "headers"]}
        rows={2}
        placeholder="X-Team: growth"
      />
      <OptionalField
        label={t("Save the answer as")}
        path={[...body, "save"]}
        help={t("Texts and conditions find it as context.NAME.")}
      />
      <DurationField label={t("Time-out")} path={[...body, "timeout"]} optional />
      <NumberField label={t("Tries again")} path={[...body, "retries"]} max={10} />
      <SelectField
        label={t("When it fails")}
        path={[...body, "on_error"]}
        none={t("go on")}
        options={{ leave: t("leave the journey"), ...steps }}
      />
    </>
  );
}

function EnrollForm({ path }: FormProps) {
  return (
    <Picker
      label={t("Journey")}
      kind="journeys"
      path={[...path, "enroll"]}
      help={t("It needs the trigger “by the API”.")}
    />
  );
}

function LeaveForm({ path }: FormProps) {
  return (
    <TextField label={t("Reason")} path={[...path, "leave"]} help={t("Reports count by it.")} />
  );
}

export const FORMS: Record<Kind, ComponentType<FormProps>> = {
  send: SendForm,
  wait: WaitForm,
  wait_for: WaitForForm,
  branch: BranchForm,
  split: SplitForm,
  update: UpdateForm,
  call: CallForm,
  enroll: EnrollForm,
  leave: LeaveForm,
};
