// Small things that every part of the editor is made of.
import type { ComponentChildren } from "preact";

export function Icon({ name }: { name: string }) {
  return (
    <span className="material-symbols-outlined" aria-hidden="true">
      {name}
    </span>
  );
}

export function IconButton(given: {
  icon: string;
  label: string;
  onClick(): void;
  disabled?: boolean;
  pressed?: boolean;
}) {
  return (
    <button
      type="button"
      className="ste-icon"
      title={given.label}
      aria-label={given.label}
      aria-pressed={given.pressed}
      disabled={given.disabled}
      onClick={(event) => {
        event.stopPropagation();
        given.onClick();
      }}
    >
      <Icon name={given.icon} />
    </button>
  );
}

/** A row of choices of which one is taken. */
export function Choice<T extends string>(given: {
  label: string;
  options: readonly (readonly [T, string, string?])[];
  value: T;
  onChange(value: T): void;
}) {
  return (
    <div className="ste-choice" role="group" aria-label={given.label}>
      {given.options.map(([value, words, icon]) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === given.value}
          onClick={() => given.onChange(value)}
        >
          {icon ? <Icon name={icon} /> : null}
          {words}
        </button>
      ))}
    </div>
  );
}

export function Notice({ tone, children }: { tone: string; children: ComponentChildren }) {
  return (
    <div className={`sj-notice sj-notice-${tone}`}>
      <div>{children}</div>
    </div>
  );
}
