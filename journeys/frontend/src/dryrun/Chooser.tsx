// Whose walk it is: found by words, or one of those who came in last.
import { useEffect, useState } from "react";
import { told } from "../http";
import type { Window } from "../overlay";
import { Icon } from "../parts";
import { t } from "../words";
import { Wrong } from "./Frame";

export interface Person {
  id: number;
  name: string;
}

export function Chooser({
  editor,
  person,
  onChoose,
}: {
  editor: Window["editor"];
  person: Person | null;
  onChoose(person: Person | null): void;
}) {
  const [words, setWords] = useState("");
  const [people, setPeople] = useState<Person[] | null>(null);
  const [refusal, setRefusal] = useState("");
  useEffect(() => {
    if (person) return undefined;
    let gone = false;
    const look = async () => {
      try {
        const asked = editor.server.ask<{ items: Person[] }>("customers", {}, { q: words });
        const { items } = await asked;
        if (gone) return;
        setPeople(items);
        setRefusal("");
      } catch (error) {
        if (!gone) setRefusal(told(error));
      }
    };
    const timer = setTimeout(() => void look(), words ? 250 : 0);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [words, person, editor.server]);
  if (person)
    return (
      <p className="sje-person">
        <Icon name="person" />
        <b>{person.name}</b>
        <button type="button" className="sj-button" onClick={() => onChoose(null)}>
          {t("Another")}
        </button>
      </p>
    );
  return (
    <div className="sje-field">
      <label className="sje-field">
        <span>{t("Customer")}</span>
        <input
          type="search"
          className="sj-input"
          placeholder={t("Name, e-mail, phone or any identifier")}
          value={words}
          onChange={(event) => {
            setWords(event.target.value);
            setPeople(null);
          }}
        />
      </label>
      <ul className="sje-people" aria-label={words ? t("Found") : t("Came in last")}>
        {people?.map((each) => (
          <li key={each.id}>
            <button type="button" onClick={() => onChoose(each)}>
              {each.name}
              <small>{each.id}</small>
            </button>
          </li>
        ))}
      </ul>
      <Wrong words={refusal} />
      {people?.length === 0 && (
        <p className="sje-help">
          {words ? t("Nobody is called so.") : t("Nobody has come in yet: search for somebody.")}
        </p>
      )}
    </div>
  );
}
