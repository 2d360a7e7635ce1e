// The journey itself: who enters, when they leave early, what counts as success.
import { useEditor } from "../editor";
import { isMapping, text } from "../model/steps";
import { at, type Mapping, type Path, type Plain } from "../model/tree";
import { t } from "../words";
import { Condition } from "../conditions/Condition";
import { EventClauses } from "./Where";
import { Picker } from "./choices";
import {
  DurationField,
  Field,
  NumberField,
  OptionalField,
  SelectField,
  Switch,
  useField,
} from "./fields";
import { Rows, useList } from "./lists";

const TRIGGERS: Record<string, { says(): string; begin: Mapping }> = {
  event: { says: () => t("something happens"), begin: { event: "" } },
  segment: { says: () => t("into or out of a segment"), begin: { segment: "" } },
  stage: { says: () => t("into a lifecycle stage"), begin: { stage: "reactivation" } },
  lifecycle: { says: () => t("into a lifecycle segment"), begin: { lifecycle: "at_risk" } },
  date: { says: () => t("a date of the customer"), begin: { date: "", at: "10:00" } },
  schedule: { says: () => t("at a moment"), begin: { schedule: "2027-01-01T10:00", local: true } },
  cron: { says: () => t("again and again"), begin: { cron: "0 10 * * mon" } },
  api: { says: () => t("by the API"), begin: { api: true } },
};

export function Journey() {
  const triggers = useList(["enter", "on"]);
  const leaves = useList(["leave", "on"]);
  const { data } = useEditor();
  const many = Array.isArray(at(data, ["enter", "on"]));
  const several = Array.isArray(at(data, ["leave", "on"]));
  return (
    <>
      <OptionalField label={t("Title")} path={["title"]} />
      <Rows
        label={t("Who enters")}
        add={t("Add a trigger")}
        count={triggers.items.length}
        onAdd={() => triggers.add({ event: "" })}
        onRemove={triggers.remove}
      >
        {(index) => (
          <Trigger
            path={many ? ["enter", "on", index] : ["enter", "on"]}
            value={triggers.items[index]}
          />
        )}
      </Rows>
      <Condition
        label={t("Only these customers")}
        path={["enter", "if"]}
        help={t("Empty: everybody who triggers.")}
      />
      <Picker
        label={t("Once for each (property of the event)")}
        kind="properties"
        optional
        of={text(at(triggers.items[0], ["event"]))}
        path={["enter", "key"]}
        help={t("Two baskets, two walks. Empty: once per customer.")}
      />
      <Again />
      <NumberField
        label={t("Holdout, %")}
        path={["enter", "holdout"]}
        help={t("They walk along and get nothing: the others are compared with them.")}
      />
      <Rows
        label={t("Leave early when")}
        add={t("Add an event")}
        count={leaves.items.length}
        onAdd={() => leaves.add({ event: "" })}
        onRemove={leaves.remove}
      >
        {(index) => {
          const place: Path = several ? ["leave", "on", index] : ["leave", "on"];
          return (
            <>
              <Picker label={t("Event")} kind="events" path={[...place, "event"]} />
              <EventClauses path={place} />
            </>
          );
        }}
      </Rows>
      <Goal />
      <details className="sje-more">
        <summary>{t("More")}</summary>
        <Condition label={t("Leave if")} path={["leave", "if"]} />
        <SelectField
          label={t("Lifecycle stage")}
          path={["stage"]}
          none={t("none")}
          options={useEditor().boot.stages}
        />
        <SelectField
          label={t("Class")}
          path={["class"]}
          none={t("marketing")}
          options={{ transactional: t("transactional: no control groups, caps or quiet hours") }}
        />
        <NumberField
          label={t("Priority")}
          path={["priority"]}
          help={t("The higher one wins when a frequency cap is full.")}
        />
        <Picker label={t("Topic")} kind="topics" optional path={["topic"]} />
      </details>
    </>
  );
}

function Trigger({ path, value }: { path: Path; value: Plain | undefined }) {
  const editor = useEditor();
  const { set } = useField(path);
  const kind = Object.keys(TRIGGERS).find((each) => isMapping(value) && each in value) ?? "event";
  return (
    <>
      <Field label={t("When")}>
        {(id) => (
          <select
            id={id}
            className="sj-input"
            value={kind}
            disabled={editor.locked}
            onChange={(event) => set(TRIGGERS[event.target.value]!.begin)}
          >
            {Object.entries(TRIGGERS).map(([code, each]) => (
              <option key={code} value={code}>
                {each.says()}
              </option>
            ))}
          </select>
        )}
      </Field>
      {kind === "event" && (
        <>
          <Picker
            label={t("Event")}
            kind="events"
            path={[...path, "event"]}
            placeholder="Order Completed"
          />
          <EventClauses path={path} />
        </>
      )}
      {kind === "segment" && <Segment path={path} />}
      {kind === "stage" && (
        <SelectField
          label={t("Lifecycle stage")}
          path={[...path, "stage"]}
          options={editor.boot.stages}
        />
      )}
      {kind === "lifecycle" && (
        <SelectField
          label={t("Lifecycle segment")}
          path={[...path, "lifecycle"]}
          options={editor.boot.lifecycles}
        />
      )}
      {kind === "schedule" && (
        <>
          <OptionalField
            label={t("Moment")}
            path={[...path, "schedule"]}
            placeholder="2027-01-01T10:00"
          />
          <Switch label={t("on each customer's own clock")} path={[...path, "local"]} />
        </>
      )}
      {kind === "cron" && (
        <OptionalField label={t("Cron")} path={[...path, "cron"]} placeholder="0 10 * * mon" />
      )}
      {kind === "date" && <Dated path={path} />}
    </>
  );
}

function Segment({ path }: { path: Path }) {
  return (
    <>
      <Picker label={t("Segment")} kind="segments" path={[...path, "segment"]} />
      <SelectField
        label={t("Change")}
        path={[...path, "change"]}
        none={t("comes in")}
        options={{ left: t("goes out") }}
      />
      <Switch label={t("today's members too")} path={[...path, "existing"]} />
    </>
  );
}

function Dated({ path }: { path: Path }) {
  return (
    <>
      <Picker
        label={t("Attribute that holds the date")}
        kind="attributes"
        path={[...path, "date"]}
      />
      <DurationField
        label={t("Before (−) or after it")}
        path={[...path, "offset"]}
        optional
        signed
      />
      <OptionalField label={t("At the hour")} path={[...path, "at"]} placeholder="10:00" />
      <Switch label={t("every year")} path={[...path, "yearly"]} />
    </>
  );
}

function Again() {
  const editor = useEditor();
  const { value, set } = useField(["enter", "again"]);
  const now = isMapping(value) ? "after" : text(value) || "never";
  return (
    <>
      <Field label={t("May come back")}>
        {(id) => (
          <select
            id={id}
            className="sj-input"
            value={now}
            disabled={editor.locked}
            onChange={(event) =>
              set(event.target.value === "after" ? { after: "7d" } : event.target.value)
            }
          >
            <option value="never">{t("never")}</option>
            <option value="always">{t("always, after leaving")}</option>
            <option value="after">{t("a time after leaving")}</option>
          </select>
        )}
      </Field>
      {now === "after" && (
        <DurationField label={t("Time after leaving")} path={["enter", "again", "after"]} />
      )}
    </>
  );
}

function Goal() {
  const editor = useEditor();
  const { value, set } = useField(["goal"]);
  if (value === undefined) {
    return editor.locked ? null : (
      <button
        type="button"
        className="sj-button"
        onClick={() => set({ event: "Order Completed", within: "7d" })}
      >
        {t("Add a goal")}
      </button>
    );
  }
  return (
    <fieldset className="sje-rows">
      <legend>{t("Goal")}</legend>
      <Picker label={t("Event that counts as success")} kind="events" path={["goal", "event"]} />
      <DurationField label={t("Within, from entering")} path={["goal", "within"]} optional />
      <Picker
        label={t("Property that holds its value")}
        kind="properties"
        optional
        of={text(at(value, ["event"]))}
        path={["goal", "value"]}
      />
      {!editor.locked && (
        <button type="button" className="sj-button sj-button-small" onClick={() => set(undefined)}>
          {t("Remove the goal")}
        </button>
      )}
    </fieldset>
  );
}
