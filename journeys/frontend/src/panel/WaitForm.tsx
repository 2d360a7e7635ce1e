// A wait: for a time, until an hour, for a window of hours, for a date, for the best time.
import { useEditor } from "../editor";
import { isMapping, list, text } from "../model/steps";
import { at, type Mapping, type Path, type Plain } from "../model/tree";
import { t } from "../words";
import { Picker } from "./choices";
import { DurationField, Field, OptionalField, SelectField, TextField, useField } from "./fields";
import type { FormProps } from "./forms";

const BEGIN: Record<string, Plain> = {
  time: "1d",
  until: { until: "09:00" },
  window: { window: "09:00-18:00" },
  date: { date: "" },
  best_time: { best_time: "24h" },
};
const DAYS: Record<string, () => string> = {
  mon: () => t("Mon"),
  tue: () => t("Tue"),
  wed: () => t("Wed"),
  thu: () => t("Thu"),
  fri: () => t("Fri"),
  sat: () => t("Sat"),
  sun: () => t("Sun"),
};

export function WaitForm({ path }: FormProps) {
  const place: Path = [...path, "wait"];
  const editor = useEditor();
  const { value, set, wrong } = useField(place);
  const form = isMapping(value)
    ? (["until", "window", "best_time", "date"].find((key) => key in value) ?? "date")
    : "time";
  const words: Record<string, string> = {
    time: t("for a time"),
    until: t("until an hour of the day"),
    window: t("for a window of hours"),
    date: t("for a date"),
    best_time: t("for the customer's best time"),
  };
  return (
    <>
      <Field label={t("Wait")} wrong={isMapping(value) ? wrong : ""}>
        {(id) => (
          <select
            id={id}
            className="sj-input"
            value={form}
            disabled={editor.locked}
            onChange={(event) => set(BEGIN[event.target.value])}
          >
            {Object.entries(words).map(([code, word]) => (
              <option key={code} value={code}>
                {word}
              </option>
            ))}
          </select>
        )}
      </Field>
      {form === "time" && <DurationField label={t("How long")} path={place} />}
      {form === "until" && (
        <>
          <TextField
            label={t("Hour, on the customer's clock")}
            path={[...place, "until"]}
            placeholder="09:00"
          />
          <Days path={[...place, "on"]} />
        </>
      )}
      {form === "window" && (
        <>
          <TextField
            label={t("Hours, on the customer's clock")}
            path={[...place, "window"]}
            placeholder="14:00-16:00"
          />
          <Days path={[...place, "on"]} />
        </>
      )}
      {form === "best_time" && (
        <DurationField label={t("At most")} path={[...place, "best_time"]} />
      )}
      {form === "date" && <Dated place={place} value={value as Mapping} />}
    </>
  );
}

function Dated({ place, value }: { place: Path; value: Mapping }) {
  return (
    <>
      <Picker
        label={t("Date")}
        kind="attributes"
        optional
        path={[...place, "date"]}
        help={t("An attribute, entry.PROPERTY, or a date such as 2026-12-24.")}
      />
      <DurationField
        label={t("Before (−) or after it")}
        path={[...place, "offset"]}
        optional
        signed
      />
      <OptionalField label={t("At the hour")} path={[...place, "at"]} placeholder="10:00" />
      <SelectField
        label={t("If it has passed")}
        path={[...place, "if_past"]}
        none={t("go on")}
        options={{ skip: t("skip the step that follows"), leave: t("leave the journey") }}
      />
      {at(value, ["on"]) !== undefined && <Days path={[...place, "on"]} />}
    </>
  );
}

function Days({ path }: { path: Path }) {
  const editor = useEditor();
  const { value, set } = useField(path);
  const chosen = list(value).map(text);
  const toggle = (day: string) => {
    const next = Object.keys(DAYS).filter((each) =>
      each === day ? !chosen.includes(day) : chosen.includes(each),
    );
    set(next.length > 0 ? next : undefined);
  };
  return (
    <fieldset className="sje-channels">
      <legend>{t("On these days only")}</legend>
      {Object.entries(DAYS).map(([day, word]) => (
        <button
          key={day}
          type="button"
          aria-pressed={chosen.includes(day)}
          disabled={editor.locked}
          onClick={() => toggle(day)}
        >
          {word()}
        </button>
      ))}
    </fieldset>
  );
}
