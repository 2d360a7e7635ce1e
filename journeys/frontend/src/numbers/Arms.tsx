// The arms of a comparison: who converted, the lift over the control with its interval, the verdict.
import { useShow } from "../show";
import { count, percent, signed, t } from "../words";
import type { Arm } from "../server";

export function Arms({ of }: { of: string[] }) {
  const { figures } = useShow();
  const found = of.map((id) => figures?.experiments[id]).filter((each) => each !== undefined);
  if (!figures || found.length === 0) return null;
  return (
    <>
      {found.map((each) => (
        <details key={each.id} className="sje-more" open>
          <summary>{each.title}</summary>
          <p className={`sje-verdict sj-chip sj-tone-${each.tone} sj-wrap`}>{each.verdict}</p>
          <ul className="sje-arms">
            {each.arms.map((arm) => (
              <Line key={arm.arm} arm={arm} />
            ))}
          </ul>
        </details>
      ))}
    </>
  );
}

function Line({ arm }: { arm: Arm }) {
  const interval =
    arm.lift === null
      ? ""
      : arm.low === null || arm.high === null
        ? signed(arm.lift)
        : `${signed(arm.lift)} (${signed(arm.low)} … ${signed(arm.high)})`;
  return (
    <li>
      <span className="sje-arm-name">
        {arm.name}
        {arm.is_control && <span className="sj-chip">{t("control")}</span>}
      </span>
      <b
        className={arm.few ? "is-few" : ""}
        title={arm.few ? t("Few customers: chance moves this rate.") : ""}
      >
        {percent(arm.conversions, arm.customers)}
      </b>
      <span className="sje-help">
        {t("{part} of {whole} converted", {
          part: count(arm.conversions),
          whole: count(arm.customers),
        })}
      </span>
      {!arm.is_control && interval && (
        <span className="sje-lift">
          {t("lift {interval}", { interval })}
          {arm.interval && (
            <svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
              <line x1="50" x2="50" y1="0" y2="14" />
              <rect x={arm.interval.low} width={arm.interval.width} y="5" height="4" />
              <rect className="is-mid" x={arm.interval.mid} width="1.4" y="2" height="10" />
            </svg>
          )}
        </span>
      )}
    </li>
  );
}
