// What the dry run and the walk have in common: the panel, and the choice of the live version.
import type { ReactNode } from "react";
import { useEditor } from "../editor";
import { Tool } from "../parts";
import { t } from "../words";

export function Frame({
  title,
  help,
  onClose,
  children,
}: {
  title: string;
  help: string;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <aside className="sje-panel sje-plan" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <Tool icon="close" label={t("Close")} onClick={onClose} />
      </header>
      <p className="sje-help">{help}</p>
      {children}
    </aside>
  );
}

/** Only where there is a live version. */
export function Live({ live, onChange }: { live: boolean; onChange(live: boolean): void }) {
  const editor = useEditor();
  if (editor.state.version === null) return null;
  return (
    <label className="sje-switch">
      <input type="checkbox" checked={live} onChange={(event) => onChange(event.target.checked)} />
      {t("the live version instead of the draft")}
    </label>
  );
}

export function Wrong({ words }: { words: string }) {
  return words ? (
    <p className="sje-wrong" role="alert">
      {words}
    </p>
  ) : null;
}
