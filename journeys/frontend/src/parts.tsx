// Small parts that everything is put together from.
import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import { t } from "./words";

export function Icon({ name }: { name: string }) {
  return (
    <span className="material-symbols-outlined" aria-hidden="true">
      {name}
    </span>
  );
}

/** A thing that the keyboard comes to as soon as it is selected, unless somebody is in a field. */
export function useFocus(selected: boolean): RefObject<HTMLButtonElement | null> {
  const thing = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const now = document.activeElement;
    const free =
      !now?.isConnected ||
      now === document.body ||
      now.closest("[data-key], .sje-way, .sje-menu, .sje-palette");
    if (selected && free) thing.current?.focus({ preventScroll: true });
  }, [selected]);
  return thing;
}

export function Tool({
  icon,
  label,
  onClick,
  disabled = false,
  pressed,
  keys,
}: {
  icon: string;
  label: string;
  onClick: () => void;
  disabled?: boolean;
  pressed?: boolean;
  keys?: string;
}) {
  return (
    <button
      type="button"
      className="sje-tool"
      aria-label={label}
      aria-pressed={pressed}
      title={keys ? `${label} (${keys})` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A window above the page, closed by Escape. */
export function Sheet({
  title,
  onClose,
  children,
  wide = false,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={wide ? "sje-sheet is-wide" : "sje-sheet"}
      aria-label={title}
      onClose={onClose}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <header>
        <h2>{title}</h2>
        <Tool icon="close" label={t("Close")} onClick={onClose} />
      </header>
      {children}
    </dialog>
  );
}
