// A value that is typed, or chosen from those that are seen already.
import { Combo } from "../choices/Combo";
import { useOffer } from "../choices/choices";
import { list } from "../model/steps";
import type { Plain } from "../model/tree";
import { valueOf, written } from "../model/typed";
import { t } from "../words";

export function ValueField({
  value,
  from,
  several = false,
  onChange,
}: {
  value: Plain;
  /** Of which attribute, or of which property of which event. */
  from: { kind: "values" | "property_values"; of: string; at?: string };
  /** One that is chosen comes to those that are there. */
  several?: boolean;
  onChange(value: Plain): void;
}) {
  const { kind, of, at = "" } = from;
  const known = !!of && (kind === "values" || !!at);
  const offer = useOffer(known ? kind : "", of, at);
  return (
    <Combo
      label={t("Value")}
      live
      value={written(value)}
      offer={offer}
      onChange={(typed, item) => {
        const chosen = item ? (item.value ?? item.name) : valueOf(typed);
        onChange(item && several ? [...new Set([...held(value), chosen])] : chosen);
      }}
    />
  );
}

function held(value: Plain): Plain[] {
  return value === "" ? [] : list(value);
}
