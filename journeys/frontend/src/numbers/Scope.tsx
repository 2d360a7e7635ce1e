// Which numbers are shown: of one version or all, of some days or all; and those of the whole.
import { useEditor } from "../editor";
import { useShow, type Scope } from "../show";
import { count, t } from "../words";
import { daysBack, PERIODS } from "./days";

export function ScopeBar({ scope, put }: { scope: Scope; put(scope: Scope): void }) {
  const editor = useEditor();
  const { figures } = useShow();
  const period = PERIODS.find((each) => same(scope, daysBack(each.days)))?.days;
  const own = period === undefined;
  const versions = figures?.versions ?? [];
  return (
    <div className="sje-scope" role="group" aria-label={t("Which numbers")}>
      <select
        className="sj-input"
        aria-label={t("Version")}
        value={scope.version}
        onChange={(event) => put({ ...scope, version: event.target.value })}
      >
        <option value="">{t("All versions")}</option>
        {versions.map((number) => (
          <option key={number} value={number}>
            {t("Version {number}", { number })}
            {number === editor.state.version ? ` · ${t("live")}` : ""}
          </option>
        ))}
      </select>
      <select
        className="sj-input"
        aria-label={t("Days")}
        value={own ? "own" : period}
        onChange={(event) => {
          const chosen = event.target.value;
          put({
            ...scope,
            ...daysBack(chosen === "own" ? 6 : Number(chosen)),
            own: chosen === "own",
          });
        }}
      >
        {PERIODS.map((each) => (
          <option key={each.days} value={each.days}>
            {each.says()}
          </option>
        ))}
        <option value="own">{t("from … to …")}</option>
      </select>
      {(own || scope.own) && (
        <span className="sje-days">
          <input
            type="date"
            className="sj-input"
            aria-label={t("First day")}
            max={scope.until || undefined}
            value={scope.since}
            onChange={(event) => put({ ...scope, since: event.target.value })}
          />
          –
          <input
            type="date"
            className="sj-input"
            aria-label={t("Last day")}
            min={scope.since || undefined}
            value={scope.until}
            onChange={(event) => put({ ...scope, until: event.target.value })}
          />
        </span>
      )}
      {figures && (
        <span className="sje-whole">
          <b>{count(figures.entered)}</b> {t("entered")} · <b>{count(figures.active)}</b>{" "}
          {t("on the way")}
        </span>
      )}
    </div>
  );
}

function same(scope: Scope, days: { since: string; until: string }): boolean {
  return !scope.own && scope.since === days.since && scope.until === days.until;
}
