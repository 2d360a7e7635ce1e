// The builder over the canvas: what it changes is in the document at once, and undone like all else.
import { useMemo } from "react";
import { useChoosing } from "../choices/choices";
import type { Wire } from "../http";
import type { Path, Plain } from "../model/tree";
import { t } from "../words";
import { Asker, type Addresses } from "./asker";
import { Builder } from "./Builder";
import { difference } from "./smallest";

export interface WindowProps {
  wire: Wire;
  urls: Addresses;
  slug: string;
  locked: boolean;
  condition: Plain | undefined;
  onEdit(path: Path, value: Plain | undefined): void;
  onDone(): void;
}

export default function Window(props: WindowProps) {
  const { wire, urls, slug, locked, condition, onEdit, onDone } = props;
  const { choices } = useChoosing();
  const asker = useMemo(
    () => new Asker(choices, wire, urls, "journey", slug),
    [choices, wire, urls, slug],
  );
  return (
    <>
      <Builder
        asker={asker}
        place="journey"
        locked={locked}
        condition={condition}
        onChange={(next) => {
          const found = difference(condition, next);
          if (found) onEdit(found.path, found.value);
        }}
        frame={(rules, audience) => (
          <div className="sjc-window">
            <div>{rules}</div>
            <div>{audience}</div>
          </div>
        )}
      />
      <div className="sj-row">
        <button type="button" className="sj-button sj-button-primary" onClick={onDone}>
          {t("Done")}
        </button>
      </div>
    </>
  );
}
