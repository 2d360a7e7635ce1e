// How far the server knows the text: it is saved a moment after it has changed, one save at a time.
import { useEffect, useRef, useState } from "react";
import { Refusal } from "./http";
import type { Checked, Conflict, Server, State } from "./server";
import { t } from "./words";

export type Saving =
  | "saved"
  | "waiting"
  | "saving"
  | "unreadable"
  | "offline"
  | "signedout"
  | "refused"
  | "conflict"
  | "locked";

const PAUSE = 700;
const AGAIN = 5000;

export interface Saver extends Checked {
  state: State;
  saving: Saving;
  refusal: string;
  conflict: Conflict | null;
  save(): Promise<void>;
  adopt(state: State): void;
  /** An older version becomes the draft. Throws a Refusal; a conflict is shown as any other. */
  restore(version: number): Promise<string>;
  yield(how: "reload" | "overwrite"): void;
}

/** Why the last save failed, and the text that was given: what was refused is not sent again. */
interface Trouble {
  saving: Saving;
  refusal: string;
  text: string;
}

const NONE: Trouble = { saving: "saved", refusal: "", text: "" };

function troubleOf(refusal: Refusal): Saving {
  if (refusal.code === "conflict") return "conflict";
  if (refusal.code === "signed_out") return "signedout";
  return refusal.status >= 400 && refusal.status < 500 ? "refused" : "offline";
}

/** Saves the text a moment after it has changed, one save at a time. */
export function useSaver(server: Server, text: string, unreadable: boolean): Saver {
  const boot = server.boot;
  const [state, setState] = useState<State>(boot);
  const [checked, setChecked] = useState<Checked>({
    problems: boot.problems,
    sentences: boot.sentences,
  });
  const [saved, setSaved] = useState(boot.document);
  const [trouble, setTrouble] = useState<Trouble>(NONE);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [busy, setBusy] = useState(false);
  const sending = useRef<Promise<void> | null>(null);
  const latest = useRef({ text, saved, revision: state.revision });
  latest.current = { text, saved, revision: state.revision };

  const fail = (error: unknown, given: string) => {
    const refusal = error instanceof Refusal ? error : new Refusal(0, "offline", String(error), {});
    if (refusal.code === "conflict") setConflict(refusal.facts as unknown as Conflict);
    setTrouble({ saving: troubleOf(refusal), refusal: refusal.message, text: given });
  };
  const take = (answer: State & Checked, text: string) => {
    latest.current = { ...latest.current, saved: text, revision: answer.revision };
    setState(answer);
    setChecked({ problems: answer.problems, sentences: answer.sentences });
    setSaved(text);
    setTrouble(NONE);
  };
  const restore = async (version: number): Promise<string> => {
    await save();
    try {
      const answer = await server.restore(version, latest.current.revision);
      take(answer, answer.document);
      return answer.document;
    } catch (error) {
      if (error instanceof Refusal && error.code === "conflict") fail(error, latest.current.text);
      throw error;
    }
  };
  const send = async (): Promise<void> => {
    const given = latest.current.text;
    try {
      const answer = await server.save(given, latest.current.revision);
      take(answer, given);
    } catch (error) {
      fail(error, given);
    } finally {
      sending.current = null;
      setBusy(false);
    }
  };
  const dirty = text !== saved;
  /** What was typed while a save was under way is saved after it. */
  const save = async (): Promise<void> => {
    if (sending.current) await sending.current;
    if (sending.current) return sending.current;
    if (latest.current.text === latest.current.saved) return undefined;
    setBusy(true);
    sending.current = send();
    return sending.current;
  };

  const refused = trouble.saving === "refused" && trouble.text === text;
  const held = !boot.mayChange || unreadable || conflict !== null || !dirty || busy || refused;
  useEffect(() => {
    if (held) return undefined;
    const waits = trouble.saving === "offline" || trouble.saving === "signedout";
    const timer = setTimeout(() => void save(), waits ? AGAIN : PAUSE);
    return () => clearTimeout(timer);
  });
  useEffect(() => {
    const leave = (event: BeforeUnloadEvent) => {
      if (dirty && boot.mayChange) event.preventDefault();
    };
    window.addEventListener("beforeunload", leave);
    return () => window.removeEventListener("beforeunload", leave);
  }, [dirty, boot.mayChange]);

  const shown: Saving = !boot.mayChange
    ? "locked"
    : conflict
      ? "conflict"
      : unreadable
        ? "unreadable"
        : busy
          ? "saving"
          : !dirty
            ? "saved"
            : trouble.saving === "saved"
              ? "waiting"
              : trouble.saving;
  return {
    state,
    ...checked,
    saving: shown,
    refusal: trouble.refusal,
    conflict,
    save,
    restore,
    adopt: setState,
    yield: (how) => {
      if (!conflict) return;
      setState({ ...state, revision: conflict.revision });
      if (how === "reload") setSaved(conflict.document);
      else setSaved("\0");
      setConflict(null);
      setTrouble(NONE);
    },
  };
}

export function savingWords(saving: Saving, revision: number): string {
  switch (saving) {
    case "saved":
      return t("Saved · revision {number}", { number: revision });
    case "waiting":
    case "saving":
      return t("Saving…");
    case "unreadable":
      return t("Not saved: the text cannot be read");
    case "offline":
      return t("Not saved: no connection, trying again");
    case "signedout":
      return t("Not saved: you are signed out. Sign in in another tab, and it goes on");
    case "refused":
      return t("Not saved");
    case "conflict":
      return t("Not saved: somebody else saved meanwhile");
    case "locked":
      return t("You may look, not change");
  }
}
