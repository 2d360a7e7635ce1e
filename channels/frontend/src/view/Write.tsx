// The side on which somebody writes: channels, languages, fields, and the document below them all.
import { useEffect, useState } from "preact/hooks";
import { Code } from "../code/Code";
import { useEditor, type Editor, type Field, type Tab } from "../editor";
import { count, t, tn } from "../words";
import { Blocks } from "./Blocks";
import { Choice, IconButton, Notice } from "./parts";

interface Line {
  field: Field;
  label: string;
  shape: "line" | "text" | "page";
  hint?: string;
}

const TAG = /^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/;

function lines(tab: Tab, page: "mjml" | "html"): Line[] {
  const title: Line = { field: "title", label: t("Title"), shape: "line" };
  const text: Line = { field: "text", label: t("Text"), shape: "text" };
  const image: Line = { field: "image", label: t("Image (address)"), shape: "line" };
  const url: Line = { field: "url", label: t("Opens the address"), shape: "line" };
  switch (tab) {
    case "email":
      return [
        { field: "subject", label: t("Subject"), shape: "line" },
        { field: page, label: page === "mjml" ? "MJML" : "HTML", shape: "page" },
        { ...text, label: t("Plain text"), hint: t("Made from the page where this is empty.") },
      ];
    case "sms":
      return [text];
    case "push":
      return [title, { field: "body", label: t("Message"), shape: "text" }, url, image];
    case "telegram":
      return [title, text, image];
    case "inbox":
      return [title, text, url, image];
    case "document":
      return [];
  }
}

export function Write({ editor, card }: { editor: Editor; card: HTMLElement }) {
  useEditor(editor);
  const { tab } = editor;
  const broken = !editor.content.content;
  useEffect(() => {
    card.hidden = tab !== "document";
  }, [tab, card]);
  return (
    <section className="sj-card ste-write">
      <header>
        <Tabs editor={editor} />
        <Languages editor={editor} />
      </header>
      {broken && tab !== "document" ? (
        <div className="sj-body">
          <Notice tone="danger">
            <p>
              {t("Line {line}: {why}", { line: editor.content.line, why: editor.content.problem })}
            </p>
          </Notice>
        </div>
      ) : (
        <Fields key={`${tab} ${editor.language} ${editor.page}`} editor={editor} />
      )}
      <Problems editor={editor} />
    </section>
  );
}

function Tabs({ editor }: { editor: Editor }) {
  const { channels } = editor.server.boot;
  const tabs: [Tab, string][] = [
    ["email", channels.email ?? "email"],
    ["sms", channels.sms ?? "sms"],
    ["push", channels.push ?? "push"],
    ["telegram", channels.telegram ?? "telegram"],
    ["inbox", channels.inbox ?? "inbox"],
    ["document", t("Document")],
  ];
  return (
    <Choice
      label={t("Channel")}
      options={tabs.filter(([tab]) => tab === "document" || tab in channels)}
      value={editor.tab}
      onChange={(tab) => editor.show({ tab })}
    />
  );
}

function Languages({ editor }: { editor: Editor }) {
  const [asking, setAsking] = useState(false);
  const [name, setName] = useState("");
  if (editor.tab === "document") return null;
  const known = [...new Set([...editor.languages, editor.language])].filter(Boolean);
  const add = () => {
    if (TAG.test(name)) editor.show({ language: name });
    setAsking(false);
    setName("");
  };
  return (
    <div className="ste-languages">
      <select
        className="sj-input"
        aria-label={t("Language of the text")}
        value={editor.language}
        onChange={(event) => editor.show({ language: event.currentTarget.value })}
      >
        <option value="">{t("For every language")}</option>
        {known.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      {editor.locked ? null : asking ? (
        <input
          className="sj-input ste-tag"
          aria-label={t("New language, such as fr or fr-CA")}
          placeholder="fr"
          value={name}
          ref={(input) => input?.focus()}
          onInput={(event) => setName(event.currentTarget.value.trim())}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              add();
            }
            if (event.key === "Escape") setAsking(false);
          }}
        />
      ) : (
        <IconButton icon="add" label={t("Add a language")} onClick={() => setAsking(true)} />
      )}
    </div>
  );
}

function Fields({ editor }: { editor: Editor }) {
  const [blocks, setBlocks] = useState(false);
  const all = lines(editor.tab, editor.page);
  if (!all.length) return <p className="ste-foot">{t("The whole content as text, below.")}</p>;
  return (
    <div className="ste-fields">
      {all.map((line) =>
        line.shape === "page" ? (
          <PageField
            key={line.field}
            editor={editor}
            line={line}
            blocks={blocks}
            onBlocks={setBlocks}
          />
        ) : (
          <TextField key={line.field} editor={editor} line={line} />
        ),
      )}
    </div>
  );
}

function TextField({ editor, line }: { editor: Editor; line: Line }) {
  const inherited = editor.inherited(line.field);
  const hint = inherited || line.hint;
  return (
    <div className="ste-field">
      <span className="ste-label">{line.label}</span>
      <Code
        label={line.label}
        shape={line.shape}
        value={editor.value(line.field)}
        onChange={(value) => editor.say(line.field, value)}
        names={editor.names}
        findings={findingsOf(editor, line.field)}
        readOnly={editor.locked}
        {...(hint ? { hint } : {})}
      />
    </div>
  );
}

function PageField(given: {
  editor: Editor;
  line: Line;
  blocks: boolean;
  onBlocks(on: boolean): void;
}) {
  const { editor, line, blocks } = given;
  const value = editor.value(line.field);
  const isMjml = line.field === "mjml";
  return (
    <div className="ste-field">
      <div className="ste-label">
        <span>{t("Page")}</span>
        <span className="ste-tools">
          <IconButton
            icon="undo"
            label={t("Undo")}
            disabled={!editor.undoable}
            onClick={() => editor.undo()}
          />
          <IconButton
            icon="redo"
            label={t("Redo")}
            disabled={!editor.redoable}
            onClick={() => editor.redo()}
          />
          <Choice
            label={t("How to edit the page")}
            options={[
              ["blocks", t("Blocks"), "dashboard"],
              ["code", line.label, "code"],
            ]}
            value={blocks ? "blocks" : "code"}
            onChange={(way) => given.onBlocks(way === "blocks")}
          />
        </span>
      </div>
      {blocks && isMjml ? (
        <Blocks
          editor={editor}
          text={value}
          onChange={(text, apart) => editor.say("mjml", text, apart)}
        />
      ) : blocks ? (
        <p className="sj-empty">
          {t("Blocks are for pages in MJML. This page is HTML: edit it as code.")}
        </p>
      ) : (
        <Code
          label={line.label}
          shape="page"
          value={value}
          onChange={(text) => editor.say(line.field, text)}
          names={editor.names}
          findings={findingsOf(editor, line.field)}
          readOnly={editor.locked}
          {...(editor.inherited(line.field) ? { hint: t("As for every language.") } : {})}
        />
      )}
      {blocks ? null : (
        <p className="ste-foot">
          {t("Esc, then Tab leaves the code. Ctrl+Space offers what fits.")}
        </p>
      )}
    </div>
  );
}

function findingsOf(editor: Editor, field: Field) {
  return editor.checked.findings.filter(
    (each) => each.field === field && each.language === editor.language,
  );
}

function Problems({ editor }: { editor: Editor }) {
  const { findings, problems } = editor.checked;
  const errors = findings.filter((each) => each.severity === "error").length + problems.length;
  const warnings = findings.length + problems.length - errors;
  const go = (field: string, language: string) => {
    const tab = lines(editor.tab, editor.page).some((line) => line.field === field)
      ? editor.tab
      : tabOf(field);
    editor.show({ tab, language });
  };
  return (
    <div className="ste-problems" aria-live="polite">
      <p className="ste-foot">
        {errors || warnings
          ? [errors && tn("{n} problem", errors), warnings && tn("{n} warning", warnings)]
              .filter(Boolean)
              .join(" · ")
          : editor.busy
            ? t("Checking…")
            : t("Nothing is wrong with it.")}
      </p>
      <ul>
        {problems.map((each) => (
          <li key={each.path + each.message} className="ste-error">
            <span className="sj-mono">{each.path}</span> {each.message}
          </li>
        ))}
        {findings.map((each) => (
          <li key={JSON.stringify(each)} className={`ste-${each.severity}`}>
            <button type="button" onClick={() => go(each.field, each.language)}>
              <span className="sj-mono">
                {each.language ? `${each.language} ` : ""}
                {each.field} {count(each.line)}:{count(each.column)}
              </span>{" "}
              {each.message}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function tabOf(field: string): Tab {
  if (["subject", "mjml", "html"].includes(field)) return "email";
  return field === "text" ? "sms" : "push";
}
