// The editor as a whole: bars, canvas or outline, panel or code, and the windows above them.
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Canvas } from "./canvas/Canvas";
import { Code } from "./Code";
import { Choices, Chosen } from "./choices/choices";
import { Held, useJourney } from "./editor";
import { told } from "./http";
import { useKeys, type Commands } from "./keys";
import { Menu } from "./Menu";
import { following } from "./model/problems";
import { Outline } from "./Outline";
import { Palette } from "./Palette";
import { Panel } from "./panel/Panel";
import { PlanPanel } from "./Plan";
import { Problems } from "./Problems";
import { ScopeBar } from "./numbers/Scope";
import { useLaid, type Overlay } from "./overlay";
import type { Conflict, Plan, Server } from "./server";
import { Shown, useShown, type Asked, type Scope, type Show, type Zoom } from "./show";
import { Toolbar } from "./Toolbar";
import { Help, Difference } from "./windows";
import { t, tn } from "./words";

/** Fetched when somebody opens them. */
const WINDOWS = {
  versions: lazy(() => import("./versions/Versions")),
  dryrun: lazy(() => import("./dryrun/DryRun")),
  walk: lazy(() => import("./dryrun/Walk")),
};
export type WindowName = keyof typeof WINDOWS;
const NARROW = "(max-width: 760px)";

export interface View {
  outline: boolean;
  side: "panel" | "code" | "plan" | "none" | WindowName;
  numbers: boolean;
  percent: boolean;
  wide: boolean;
}

export function App({ server }: { server: Server }) {
  const editor = useJourney(server);
  const narrow = useNarrow();
  const [view, setView] = useState<View>({
    outline: false,
    side: "panel",
    numbers: true,
    percent: false,
    wide: false,
  });
  const [asked, setAsked] = useState<Asked | null>(null);
  const [words, setWords] = useState("");
  const [help, setHelp] = useState(false);
  const [plan, setPlan] = useState<Plan | string>("");
  const opened = useRef(0);
  /** What somebody else saved, once its window was closed. */
  const [away, setAway] = useState<Conflict | null>(null);
  const [choices] = useState(() => new Choices(server.wire, server.boot.conditions.choices));
  const [overlay, lay] = useState<Overlay | null>(null);
  const [scope, setScope] = useState<Scope>({ version: "", since: "", until: "", own: false });
  const laid = useLaid(editor, overlay?.text);
  const frame = useRef<HTMLDivElement>(null);
  const put = (part: Partial<View>) => setView((now) => ({ ...now, ...part }));
  const ask = useCallback((way: string, beside: Element) => {
    const box = beside.getBoundingClientRect();
    setAsked({ way, x: box.right, y: box.top });
  }, []);
  const shown = useShown(laid, {
    numbers: view.numbers,
    percent: view.percent,
    search: words,
    scope,
    overlay,
    ask,
  }) as Show & { zoom(how: Zoom): void };
  const outline = view.outline || narrow;
  const choosing = useMemo(() => ({ choices, locked: laid.locked }), [choices, laid.locked]);

  const commands: Commands = {
    ask: (way) =>
      ask(
        way,
        frame.current?.querySelector(`[data-key="${CSS.escape(editor.selected ?? "enter")}"]`) ??
          frame.current!,
      ),
    search: () => frame.current?.querySelector<HTMLInputElement>(".sje-search input")?.focus(),
    help: () => setHelp(true),
    zoom: (how) => shown.zoom(how),
    panel: () => {
      put({ side: "panel" });
      requestAnimationFrame(() =>
        frame.current
          ?.querySelector<HTMLElement>(
            ".sje-panel :is(input, select, textarea), .sje-panel fieldset button",
          )
          ?.focus(),
      );
    },
  };
  useKeys(laid, commands, () => frame.current);
  useSelected(editor.selected, () => put({ side: view.side === "none" ? "panel" : view.side }));
  const closeMenu = useCallback(() => setAsked(null), []);

  const openPlan = async () => {
    const turn = ++opened.current;
    await editor.save();
    const found = await server.plan().catch(told);
    if (turn !== opened.current) return;
    setPlan(found);
    lay(typeof found === "string" ? null : planned(found));
    put({ side: "plan" });
  };
  const close = () => {
    opened.current++;
    setPlan("");
    lay(null);
    put({ side: "panel" });
  };
  const open = (side: View["side"]) => {
    close();
    put({ side });
  };
  const { side } = view;
  const Beside = side in WINDOWS ? WINDOWS[side as WindowName] : null;
  return (
    <Held.Provider value={laid}>
      <Chosen.Provider value={choosing}>
        <Shown.Provider value={shown}>
          <div
            ref={frame}
            className={`sje-frame${view.wide ? " is-wide" : ""}${outline ? " is-outline" : ""}`}
          >
            <Arrow />
            <div>
              <Toolbar
                view={view}
                put={put}
                open={open}
                narrow={narrow}
                words={words}
                setWords={setWords}
                onHelp={() => setHelp(true)}
                onPlan={() => void openPlan()}
                onConflict={() => setAway(null)}
                onZoom={commands.zoom}
              />
              {view.numbers && editor.state.version !== null && !overlay && (
                <ScopeBar scope={scope} put={setScope} />
              )}
            </div>
            <div className="sje-body">
              {!outline && !laid.locked && <Palette />}
              <div className="sje-stage">
                {outline ? <Outline /> : <Canvas />}
                <p className="sje-live" aria-live="polite">
                  {editor.problems.length > 0 ? tn("{n} problem", editor.problems.length) : ""}
                </p>
              </div>
              {side === "panel" && (!narrow || editor.selected !== null) && (
                <Panel
                  onClose={() => {
                    editor.select(null);
                    if (!narrow) put({ side: "none" });
                  }}
                />
              )}
              {side === "code" && <Code />}
              {side === "plan" && <PlanPanel plan={plan} onClose={close} />}
              {Beside && (
                <Suspense fallback={<p className="sje-panel">{t("One moment…")}</p>}>
                  <Beside editor={editor} lay={lay} onClose={close} />
                </Suspense>
              )}
            </div>
            <Problems
              onNext={() =>
                editor.select(following(editor.problems, editor.steps, editor.selected))
              }
            />
          </div>
          {asked && <Menu key={asked.way} asked={asked} onClose={closeMenu} />}
          {help && <Help onClose={() => setHelp(false)} />}
          {editor.conflict && editor.conflict !== away && (
            <Difference onClose={() => setAway(editor.conflict)} />
          )}
        </Shown.Provider>
      </Chosen.Provider>
    </Held.Provider>
  );
}

/** A plan as the canvas shows it. */
function planned(plan: Plan): Overlay {
  const changes = plan.steps.map((step) => {
    const goes = step.goes_to === "end" ? t("End") : (step.goes_to ?? undefined);
    return [step.id, { ...step, goes: step.change === "removed" ? goes : undefined }] as const;
  });
  return { before: plan.before, changes: new Map(changes) };
}

/** The head of every line, of one size however thick the line is. */
function Arrow() {
  return (
    <svg className="sje-defs" aria-hidden="true">
      <defs>
        <marker
          id="sje-arrow"
          viewBox="0 0 10 10"
          refX="9"
          refY="5"
          markerWidth="9"
          markerHeight="9"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0 10 5 0 10z" fill="context-stroke" />
        </marker>
      </defs>
    </svg>
  );
}

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const query = window.matchMedia(NARROW);
    const look = () => setNarrow(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return narrow;
}

function useSelected(selected: string | null, then: () => void): void {
  const latest = useRef(then);
  latest.current = then;
  useEffect(() => {
    if (selected !== null) latest.current();
  }, [selected]);
}
