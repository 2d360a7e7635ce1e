// The builder over the canvas: what it changes is in the document at once, and undone like all else.
import { useMemo } from "react";
import type { Path, Plain } from "../model/tree";
import { t } from "../words";
import { Asker, type Addresses } from "./asker";
import { Builder } from "./Builder";
import { difference } from "./model";

export interface WindowProps {
  urls: Addresses;
  token: string;
  slug: string;
  locked: boolean;
  condition: Plain | undefined;
  onEdit(path: Path, value: Plain | undefined): void;
  onDone(): void;
}

export default function Window(props: WindowProps) {
  const { urls, token, slug, locked, condition, onEdit, onDone } = props;
  const asker = useMemo(() => new Asker(urls, token, "journey", slug), [urls, token, slug]);
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
