// Stretches of time: how long, and whether only what happened within it counts.
import { text } from "../model/steps";
import type { Mapping, Plain } from "../model/tree";
import { t } from "../words";
import { useBuilding } from "./asker";
import { put } from "./mappings";
import { UNIT_WORDS } from "./words";

export interface FormProps {
  rule: Mapping;
  onChange(rule: Mapping): void;
}

/** Enter does not send the form around the builder. */
export function stay(event: { key: string; preventDefault(): void }): void {
  if (event.key === "Enter") event.preventDefault();
}

/** A number and its unit: `30d` in the condition. */
export function Span({ value, onChange }: { value: string; onChange(value: Plain): void }) {
  const { locked } = useBuilding();
  const found = /^(\d*)([smhdw])$/.exec(value.trim());
  const [number, unit] = [found?.[1] ?? value.replace(/\D/g, ""), found?.[2] ?? "d"];
  return (
    <span className="sjc-span">
      <input
        className="sj-input sjc-number"
        type="number"
        min={1}
        aria-label={t("How long")}
        readOnly={locked}
        value={number}
        onKeyDown={stay}
        onChange={(event) => onChange(`${event.target.value}${unit}`)}
      />
      <select
        className="sj-input"
        aria-label={t("Unit")}
        value={unit}
        disabled={locked}
        onChange={(event) => onChange(`${number}${event.target.value}`)}
      >
        {Object.entries(UNIT_WORDS).map(([code, word]) => (
          <option key={code} value={code}>
            {word()}
          </option>
        ))}
      </select>
    </span>
  );
}

/** The stretch of time that counts; without one, ever. */
export function Within({ rule, onChange }: FormProps) {
  const { locked } = useBuilding();
  const within = rule.within;
  return (
    <span className="sjc-within">
      <select
        className="sj-input"
        aria-label={t("When")}
        value={within === undefined ? "ever" : "last"}
        disabled={locked}
        onChange={(event) =>
          onChange(put(rule, "within", event.target.value === "ever" ? undefined : "30d"))
        }
      >
        <option value="ever">{t("ever")}</option>
        <option value="last">{t("within the last")}</option>
      </select>
      {within !== undefined && (
        <Span value={text(within)} onChange={(next) => onChange(put(rule, "within", next))} />
      )}
    </span>
  );
}
