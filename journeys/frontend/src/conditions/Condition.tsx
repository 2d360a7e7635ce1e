// A condition in the panel: its sentence, its text, and the builder in a window of its own.
import { lazy, Suspense, useState } from "react";
import { useEditor } from "../editor";
import { useField, type FieldProps } from "../panel/fields";
import { YamlField } from "../panel/lists";
import { Icon, Sheet } from "../parts";
import { t } from "../words";

const Window = lazy(() => import("./Window"));

export function Condition({ label, path, help }: FieldProps) {
  const editor = useEditor();
  const { value, wrong } = useField(path);
  const [open, setOpen] = useState(false);
  const sentence = editor.sentences[path.join("/")];
  const given = value !== undefined;
  return (
    <div className="sje-condition" role="group" aria-label={label}>
      <span className="sje-condition-head">
        <b>{label}</b>
        <button type="button" className="sj-button sj-button-small" onClick={() => setOpen(true)}>
          <Icon name={given || editor.locked ? "tune" : "add"} />
          {editor.locked ? t("Look") : given ? t("Edit") : t("Add rules")}
        </button>
      </span>
      {given && sentence && <p className="sje-sentence">{sentence}</p>}
      {!given && help && <p className="sje-help">{help}</p>}
      {wrong && (
        <p className="sje-wrong" role="alert">
          {wrong}
        </p>
      )}
      <details>
        <summary>{t("As text")}</summary>
        <YamlField
          label={label}
          path={path}
          rows={Math.min(10, Math.max(2, JSON.stringify(value ?? "").length / 34))}
          placeholder={"attribute: country\neq: DE"}
        />
      </details>
      {open && (
        <Sheet title={label} wide onClose={() => setOpen(false)}>
          <Suspense fallback={<p className="sje-help">{t("The builder opens…")}</p>}>
            <Window
              wire={editor.server.wire}
              urls={editor.boot.conditions}
              slug={editor.boot.slug}
              locked={editor.locked}
              condition={value}
              onEdit={(below, next) => editor.edit([...path, ...below], next)}
              onDone={() => setOpen(false)}
            />
          </Suspense>
        </Sheet>
      )}
    </div>
  );
}
