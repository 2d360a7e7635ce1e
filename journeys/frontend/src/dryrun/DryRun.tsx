// A dry run over the base: its flow on the canvas, what would be sent on each day, and what not.
import { useEffect, useRef, useState } from "react";
import { told } from "../http";
import { Reasons } from "../panel/Reasons";
import type { Window } from "../overlay";
import { Icon } from "../parts";
import { count, percent, t, tn } from "../words";
import { Frame, Live, Wrong } from "./Frame";
import { Days } from "./Days";
import { play, type Simulated } from "./play";

const DAYS = [7, 14, 30, 60, 90];
const SAMPLES = [1000, 5000, 20000];

export default function DryRun({ editor, lay, onClose }: Window) {
  const [days, setDays] = useState(30);
  const [sample, setSample] = useState(5000);
  const [live, setLive] = useState(false);
  const [done, setDone] = useState<number | null>(null);
  const [found, setFound] = useState<Simulated | null>(null);
  const [refusal, setRefusal] = useState("");
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = async () => {
    const run = new AbortController();
    running.current = run;
    setRefusal("");
    setDone(0);
    try {
      await editor.save();
      const given = { days, sample, live };
      const answer = await play(editor.server, given, setDone, run.signal);
      setFound(answer);
      lay({ figures: answer.figures });
    } catch (error) {
      if (!run.signal.aborted) setRefusal(told(error));
    } finally {
      setDone(null);
    }
  };
  const step = editor.steps.find((each) => each.key === editor.selected);
  return (
    <Frame
      title={t("Dry run")}
      help={t(
        "The engine plays the next days on a copy. Nobody is written to and nothing is kept.",
      )}
      onClose={onClose}
    >
      <div className="sje-pair">
        <Choice
          label={t("Days ahead")}
          value={days}
          options={DAYS.map((each) => [each, tn("{n} day", each)])}
          onChange={setDays}
        />
        <Choice
          label={t("Customers")}
          value={sample}
          options={SAMPLES.map((each) => [each, t("up to {number}", { number: count(each) })])}
          onChange={setSample}
        />
      </div>
      <Live live={live} onChange={setLive} />
      {done === null ? (
        <button
          type="button"
          className="sj-button sj-button-primary"
          disabled={editor.saving === "unreadable" || !editor.boot.mayChange}
          onClick={() => void start()}
        >
          <Icon name="fast_forward" />
          {found ? t("Run again") : t("Run")}
        </button>
      ) : (
        <div className="sje-running">
          <progress max={1} value={done} aria-label={t("Dry run")} />
          <span role="status">{percent(done, 1)}</span>
          <button type="button" className="sj-button" onClick={() => running.current?.abort()}>
            {t("Cancel")}
          </button>
        </div>
      )}
      {!editor.boot.mayChange && (
        <p className="sje-help">{t("Whoever may change the journey may run it.")}</p>
      )}
      <Wrong words={refusal} />
      {found && <Found found={found} />}
      {found && step && (
        <>
          <h3>{step.id}</h3>
          <Reasons step={step} />
        </>
      )}
    </Frame>
  );
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: number;
  options: [number, string][];
  onChange(value: number): void;
}) {
  return (
    <label className="sje-field">
      <span>{label}</span>
      <select
        className="sj-input"
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {options.map(([each, says]) => (
          <option key={each} value={each}>
            {says}
          </option>
        ))}
      </select>
    </label>
  );
}

function Found({ found }: { found: Simulated }) {
  const { figures } = found;
  return (
    <>
      <p>
        {t("Of {customers} customers {entered} enter; {active} are still on the way at the end.", {
          customers: count(found.customers),
          entered: count(figures.entered),
          active: count(figures.active),
        })}
      </p>
      <Days days={found.days} />
      {found.refused.length > 0 && (
        <details className="sje-more" open>
          <summary>{t("Not let in, or not sent")}</summary>
          <table className="sje-numbers">
            <tbody>
              {found.refused.map((each) => (
                <tr key={each.reason}>
                  <th scope="row">{each.reason}</th>
                  <td>{count(each.number)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
      <p className="sje-help">{found.assumes}</p>
    </>
  );
}
