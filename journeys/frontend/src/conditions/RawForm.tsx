// A rule that no form draws: its text in place, kept as typed until it can be read.
import { useState } from "react";
import { parse, stringify } from "yaml";
import type { Plain } from "../model/tree";
import { t } from "../words";
import { useBuilding } from "./asker";

export function RawForm({ value, onChange }: { value: Plain; onChange(value: Plain): void }) {
  const { locked } = useBuilding();
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = typed !== null && readable(typed) === undefined;
  const shown = typed ?? stringify(value, { lineWidth: 0, flowCollectionPadding: false }).trimEnd();
  return (
    <span className="sjc-raw">
      <textarea
        className="sj-input sje-mono"
        aria-label={t("Rule as text")}
        rows={Math.min(8, shown.split("\n").length + 1)}
        spellCheck={false}
        readOnly={locked}
        value={shown}
        onChange={(event) => {
          setTyped(event.target.value);
          const found = readable(event.target.value);
          if (found !== undefined) onChange(found);
        }}
        onBlur={() => wrong || setTyped(null)}
      />
      <small className={wrong ? "sjc-wrong" : undefined}>
        {wrong
          ? t("This cannot be read yet.")
          : t("No form draws this rule; it stays as it is written.")}
      </small>
    </span>
  );
}

function readable(typed: string): Plain | undefined {
  try {
    return parse(typed) as Plain;
  } catch {
    return undefined;
  }
}
