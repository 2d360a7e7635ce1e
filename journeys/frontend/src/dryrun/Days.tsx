// What would be sent on each day: a small chart, and the same numbers as a table.
import { useEditor } from "../editor";
import { count, day, t, tn } from "../words";
import { bars, total } from "./bars";
import type { Day } from "./play";

const WIDTH = 312;
const HEIGHT = 84;

export function Days({ days }: { days: Day[] }) {
  const { boot } = useEditor();
  const all = days.reduce((sum, each) => sum + total(each), 0);
  const drawn = bars(days, WIDTH, HEIGHT);
  const most = Math.max(...drawn.map((bar) => bar.total));
  const channels = [...new Set(days.flatMap((each) => Object.keys(each.sent)))].sort();
  if (all === 0) return <p>{t("Nothing would be sent in these days.")}</p>;
  const busy = days.filter((each) => total(each) > 0);
  return (
    <section className="sje-chart" aria-label={t("Sent on each day")}>
      <h3>{t("Sent on each day")}</h3>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 2}`} role="img" aria-label={tn("{n} message", all)}>
        {drawn.map((bar) => (
          <g key={bar.date}>
            <title>{`${day(bar.date)}: ${count(bar.total)}`}</title>
            <rect className="is-room" x={bar.x} width={bar.width} y={0} height={HEIGHT} />
            <rect x={bar.x} width={bar.width} y={HEIGHT - bar.height} height={bar.height} rx={1} />
          </g>
        ))}
        <line x1={0} x2={WIDTH} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} />
      </svg>
      <p className="sje-ends">
        <span>{day(days[0]!.date)}</span>
        <span>{t("at most {number} a day", { number: count(most) })}</span>
        <span>{day(days.at(-1)!.date)}</span>
      </p>
      <details className="sje-more">
        <summary>
          {tn("{n} message", all)} · {t("as a table")}
        </summary>
        <table className="sje-numbers">
          <thead>
            <tr>
              <th>{t("Day")}</th>
              {channels.map((each) => (
                <th key={each}>{boot.channels[each] ?? each}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {busy.map((each) => (
              <tr key={each.date}>
                <th scope="row">{day(each.date)}</th>
                {channels.map((channel) => (
                  <td key={channel}>{count(each.sent[channel] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}
