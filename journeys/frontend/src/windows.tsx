// The windows above the page: the list of keys, and what to do when somebody else saved meanwhile.
import { useState } from "react";
import { useEditor } from "./editor";
import { keyList } from "./keys";
import { difference } from "./model/difference";
import { Sheet } from "./parts";
import { t } from "./words";

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Sheet title={t("Keys")} onClose={onClose}>
      <dl className="sje-keys">
        {keyList().map((key) => (
          <div key={key.keys}>
            <dt>
              <kbd>{key.keys}</kbd>
            </dt>
            <dd>{key.says}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}

/** Nothing is lost: neither what they saved nor what is typed here, until somebody says so. */
export function Difference({ onClose }: { onClose: () => void }) {
  const editor = useEditor();
  const [lines, setLines] = useState(false);
  const theirs = editor.conflict;
  if (!theirs) return null;
  const who = theirs.by || t("Somebody else");
  return (
    <Sheet title={t("Somebody else saved meanwhile")} onClose={onClose} wide={lines}>
      <p>
        {t(
          "{who} saved revision {number} while you were editing. Your changes are not saved yet.",
          { who, number: theirs.revision },
        )}
      </p>
      {lines && (
        <pre className="sje-diff" tabIndex={0}>
          {difference(theirs.document, editor.text).map((line, index) => (
            <span key={index} className={`is-${line.kind}`}>
              {{ same: "  ", theirs: "− ", mine: "+ " }[line.kind]}
              {line.text}
              {"\n"}
            </span>
          ))}
        </pre>
      )}
      {lines && <p className="sje-help">{t("− is theirs, + is yours.")}</p>}
      <div className="sj-row">
        {!lines && (
          <button type="button" className="sj-button" onClick={() => setLines(true)}>
            {t("Show the difference")}
          </button>
        )}
        <button
          type="button"
          className="sj-button sj-button-primary"
          onClick={() => editor.settle("reload")}
        >
          {t("Take theirs (yours stays in Undo)")}
        </button>
        <button
          type="button"
          className="sj-button sj-button-danger"
          onClick={() => editor.settle("overwrite")}
        >
          {t("Overwrite with mine")}
        </button>
      </div>
    </Sheet>
  );
}
