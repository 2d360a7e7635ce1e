// All the figures of a step, and why messages were not sent.
import { useShow } from "../show";
import type { Step } from "../model/steps";
import { count, percent, t } from "../words";
import type { Figure } from "../server";

export function Reasons({ step }: { step: Step }) {
  const found = useShow().figures?.steps[step.id];
  if (!found) return null;
  const rows: [string, Figure | undefined, Figure | undefined][] = [
    [t("entered"), found.entered, undefined],
    [t("waiting"), found.waiting, undefined],
    [t("sent"), found.sent, found.entered],
    [t("withheld"), found.withheld, found.entered],
    [t("delivered"), found.delivered, found.sent],
    [t("opened"), found.opened, found.delivered],
    [t("clicked"), found.clicked, found.delivered],
    [t("failed"), found.failed, found.entered],
  ];
  return (
    <details className="sje-more" open>
      <summary>{t("Numbers")}</summary>
      <table className="sje-numbers">
        <tbody>
          {rows.map(
            ([label, figure, base]) =>
              figure && (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  <td>
                    {figure[1] ? <a href={figure[1]}>{count(figure[0])}</a> : count(figure[0])}
                  </td>
                  <td>{base ? percent(figure[0], base[0]) : ""}</td>
                </tr>
              ),
          )}
          {found.reasons.map(([reason, number, url]) => (
            <tr key={reason} className="is-reason">
              <th scope="row">{t("not sent: {why}", { why: reason })}</th>
              <td>{url ? <a href={url}>{count(number)}</a> : count(number)}</td>
              <td>{percent(number, found.entered[0])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
