// The live numbers of a step, each a link to the customers or messages that it counts.
import type { ReactNode } from "react";
import { useShow } from "../show";
import type { Figure } from "../server";
import { count, share, t } from "../words";

export function Figures({ id }: { id: string }) {
  const { figures, percent: parts } = useShow();
  const found = figures?.steps[id];
  if (!found)
    return <div className="sje-figures is-empty">{figures ? t("not counted yet") : ""}</div>;
  const all: Figure = [figures.entered, ""];
  const shown: [string, Figure | undefined, Figure][] = [
    [t("entered"), found.entered, all],
    [t("waiting"), found.sent ? undefined : found.waiting, found.entered],
    [t("sent"), found.sent, found.entered],
    [t("opened"), found.opened, found.delivered ?? all],
  ];
  return (
    <div className="sje-figures nopan">
      {shown.map(
        ([label, figure, base]) =>
          figure && (
            <Number
              key={label}
              url={figure[1]}
              title={t("{label}: {part} of {whole}", {
                label,
                part: count(figure[0]),
                whole: count(base[0]),
              })}
            >
              <b>{parts ? share(figure[0], base[0]) : count(figure[0])}</b> {label}
            </Number>
          ),
      )}
    </div>
  );
}

/** What is counted by a dry run has no list. */
export function Number({
  url,
  title,
  children,
}: {
  url: string;
  title?: string;
  children: ReactNode;
}) {
  if (!url) return <span title={title}>{children}</span>;
  return (
    <a href={url} tabIndex={-1} title={title}>
      {children}
    </a>
  );
}
