// Colleagues get what is shown, saved or not.
import { useState } from "preact/hooks";
import type { Editor } from "../editor";
import { Refusal } from "../server";
import { t } from "../words";
import { Notice } from "./parts";

export function SendTest({ editor }: { editor: Editor }) {
  const { boot } = editor.server;
  const channel = editor.tab;
  const [to, setTo] = useState("");
  const [seeds, setSeeds] = useState(false);
  const [told, setTold] = useState<{ tone: string; lines: string[] } | null>(null);
  const [busy, setBusy] = useState(false);
  if (!boot.testable.includes(channel)) return null;
  const send = async () => {
    setBusy(true);
    try {
      const { sent } = await editor.server.test({ ...editor.asked(), channel, to, seeds });
      setTold({
        tone: "success",
        lines: sent.map((each) => `${each.to}: ${word(each.status)} ${each.detail}`),
      });
    } catch (error) {
      const why = error instanceof Refusal ? error.message : "";
      setTold({ tone: "danger", lines: [why || t("No answer: try again.")] });
    }
    setBusy(false);
  };
  return (
    <section className="sj-card">
      <header>
        <h2>{t("Send a test")}</h2>
        <span className="sj-faint">{t("as shown, saved or not; counts nowhere")}</span>
      </header>
      <div className="sj-body sj-row">
        <input
          className="sj-input ste-to"
          aria-label={t("Addresses")}
          placeholder={channel === "email" ? "me@example.com" : "+12025550101"}
          value={to}
          onInput={(event) => setTo(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") void send();
          }}
        />
        {boot.seeds ? (
          <label>
            <input
              type="checkbox"
              checked={seeds}
              onChange={(event) => setSeeds(event.currentTarget.checked)}
            />{" "}
            {t("and the seed list")}
          </label>
        ) : null}
        <button
          type="button"
          className="sj-button"
          disabled={busy || (!to.trim() && !seeds)}
          onClick={() => void send()}
        >
          {t("Send")}
        </button>
      </div>
      {told ? (
        <div className="sj-body" role="status">
          <Notice tone={told.tone}>
            {told.lines.map((line) => (
              <p key={line}>{line}</p>
            ))}
          </Notice>
        </div>
      ) : null}
    </section>
  );
}

function word(status: string): string {
  const words: Record<string, string> = {
    accepted: t("taken by the provider"),
    refused: t("refused"),
    unknown: t("not known whether it was sent"),
    sandbox: t("rendered; the sandbox sends nothing"),
  };
  return words[status] ?? status;
}
