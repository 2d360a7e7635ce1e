// Everything that is wrong, in one list below; each line leads to its step.
import { useState } from "react";
import { useEditor } from "./editor";
import { placeOf } from "./model/problems";
import { Icon } from "./parts";
import { t, tn } from "./words";

export function Problems({ onNext }: { onNext: () => void }) {
  const editor = useEditor();
  const [open, setOpen] = useState(false);
  const errors = editor.problems.filter((problem) => problem.severity === "error");
  const warnings = editor.problems.filter((problem) => problem.severity === "warning");
  const none = editor.problems.length === 0;
  if (editor.fault) {
    return (
      <div className="sje-problems is-error" role="alert">
        <Icon name="error" />
        {t("The text cannot be read, line {line}: {why}", {
          line: editor.fault.line,
          why: editor.fault.message,
        })}
      </div>
    );
  }
  return (
    <div className="sje-problems">
      <div className="sje-summary">
        {none ? (
          <span className="is-fine">
            <Icon name="check_circle" />
            {t("No problems: this draft can be published.")}
          </span>
        ) : (
          <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {errors.length > 0 && (
              <span className="is-error">
                <Icon name="error" />
                {tn("{n} problem", errors.length)}
              </span>
            )}
            {warnings.length > 0 && (
              <span className="is-warning">
                <Icon name="warning" />
                {tn("{n} warning", warnings.length)}
              </span>
            )}
            <Icon name={open ? "expand_more" : "expand_less"} />
          </button>
        )}
        {!none && (
          <button type="button" onClick={onNext}>
            {t("Next")} <kbd>F8</kbd>
          </button>
        )}
      </div>
      {open && !none && (
        <ul>
          {[...errors, ...warnings].map((problem, index) => (
            <li key={index}>
              <button type="button" onClick={() => editor.select(placeOf(problem, editor.steps))}>
                <Icon name={problem.severity === "error" ? "error" : "warning"} />
                <span className={`is-${problem.severity}`}>
                  {problem.path && <code>{problem.path}</code>} {problem.message}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
