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
export function Within(props: FormProps) {
  return (
    <Bound {...props} label={t("When")} none={t("ever")} some={t("within the last")} first="30d" />
  );
}

/** `within`, or none: what each is called, and the stretch to begin with. */
export function Bound({
  rule,
  onChange,
  label,
  none,
  some,
  first,
}: FormProps & { label: string; none: string; some: string; first: string }) {
  const { locked } = useBuilding();
  const within = rule.within;
  return (
    <span className="sjc-within">
      <select
        className="sj-input"
        aria-label={label}
        value={within === undefined ? "none" : "some"}
        disabled={locked}
        onChange={(event) =>
          onChange(put(rule, "within", event.target.value === "none" ? undefined : first))
        }
      >
        <option value="none">{none}</option>
        <option value="some">{some}</option>
      </select>
      {within !== undefined && (
        <Span value={text(within)} onChange={(next) => onChange(put(rule, "within", next))} />
      )}
    </span>
  );
}
