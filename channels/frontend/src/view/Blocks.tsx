// The page as blocks: put in, moved, copied, taken out. The text is the truth; each edit is of it.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Editor } from "../editor";
import { page, type Block, type Page } from "../model/blocks";
import * as edits from "../model/edits";
import { ICONS, PIECES, TITLES, type Piece } from "../model/kinds";
import { nextSlot, slots } from "../model/slots";
import { t, tn } from "../words";
import { BlockForm, PreviewWords } from "./BlockForm";
import { Icon, IconButton } from "./parts";

interface Hands {
  editor: Editor;
  page: Page & { body: Block };
  chosen: string;
  choose(key: string): void;
  /** `kind` is that of the block to go on with; without it the edit is one of typing. */
  take(edit: edits.Edit | string | null, kind?: Block["kind"]): void;
  dragged: edits.Found | null;
  drag(found: edits.Found | null): void;
  adding: string;
  add(key: string): void;
}

/** Two blocks may begin at one place: a condition and its first branch. */
export const keyOf = (block: Block) => `${block.start}-${block.kind}`;

const EMPTY = `<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>Hello {{ customer.firstName|default('there') }},</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`;

export function Blocks(given: {
  editor: Editor;
  text: string;
  onChange(text: string, apart?: boolean): void;
}) {
  const [chosen, setChosen] = useState("");
  const [adding, setAdding] = useState("");
  const [dragged, setDragged] = useState<edits.Found | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const focus = useRef("");
  const found = page(given.text);
  useEffect(() => {
    if (!focus.current) return;
    list.current?.querySelector<HTMLElement>(`[data-block="${focus.current}"]`)?.focus();
    focus.current = "";
  });
  if (!found.body) return <NoBlocks text={given.text} onChange={given.onChange} />;
  const hands: Hands = {
    editor: given.editor,
    page: { ...found, body: found.body },
    chosen,
    choose: setChosen,
    adding,
    add: setAdding,
    dragged,
    drag: setDragged,
    take: (edit, kind) => {
      setAdding("");
      setDragged(null);
      if (edit === null) return;
      if (typeof edit === "string") setChosen("");
      else if (kind) setChosen((focus.current = `${edit.at}-${kind}`));
      const apart = typeof edit === "string" || Boolean(kind);
      given.onChange(typeof edit === "string" ? edit : edit.text, apart);
    },
  };
  return (
    <div className="ste-blocks" ref={list} onKeyDown={(event) => onKey(event, hands)}>
      <PreviewWords
        editor={given.editor}
        value={found.preview ? given.text.slice(found.preview.start, found.preview.end) : ""}
        onChange={(words) => given.onChange(edits.setPreview(given.text, words))}
      />
      <Inside holder={found.body} around={[]} hands={hands} />
      <p className="ste-foot">
        {t("Arrows walk, Alt and arrows move, Ctrl+D copies, Del takes out, Ctrl+Z undoes.")}
      </p>
    </div>
  );
}

function NoBlocks(given: { text: string; onChange(text: string): void }) {
  if (given.text.trim())
    return (
      <p className="sj-empty">
        {t("This page cannot be told apart into blocks: edit it as code.")}
      </p>
    );
  return (
    <div className="sj-empty">
      <button type="button" className="sj-button" onClick={() => given.onChange(EMPTY)}>
        {t("Begin a page")}
      </button>
    </div>
  );
}

function Inside(given: { holder: Block; around: Block[]; hands: Hands }) {
  const { holder, hands } = given;
  const around = [...given.around, holder];
  const isBody = holder === hands.page.body;
  const label = isBody ? t("Blocks of the page") : t("Inside {what}", { what: titleOf(holder) });
  return (
    <ul
      className={holder.kind === "section" && !isBody ? "ste-list ste-beside" : "ste-list"}
      aria-label={label}
      onDragOver={(event) => event.stopPropagation()}
    >
      {holder.children.map((child, index) => (
        <Row key={keyOf(child)} found={{ block: child, around, index }} hands={hands} />
      ))}
      {(isBody || edits.holds(holder)) && !hands.editor.locked ? (
        <li className="ste-add">
          <DropPlace holder={holder} around={around} hands={hands} />
          <Add
            name={`${keyOf(holder)}-end`}
            level={edits.levelInside(around)}
            hands={hands}
            onPiece={(piece) => put(hands, holder, holder.children.length, piece)}
          />
        </li>
      ) : null}
    </ul>
  );
}

function put(hands: Hands, holder: Block, index: number, piece: Piece): void {
  const edit = edits.insert(hands.page.text, holder, index, piece.snippet);
  const body = page(edit.text).body;
  const made = body && edits.find(body, edit.at);
  hands.take(edit, made?.block.kind);
}

function Row({ found, hands }: { found: edits.Found; hands: Hands }) {
  const { block } = found;
  const key = keyOf(block);
  const open = hands.chosen === key;
  const [over, setOver] = useState("");
  const parent = found.around.at(-1)!;
  const mayDrop = Boolean(hands.dragged) && canDrop(hands, parent);
  const locked = hands.editor.locked || block.kind === "branch";
  return (
    <li
      className={`ste-block ste-is-${block.kind}${open ? " ste-open" : ""}${over ? ` ste-${over}` : ""}`}
    >
      <div
        className="ste-row"
        draggable={!locked}
        onDragStart={(event) => {
          event.dataTransfer?.setData("text/plain", key);
          hands.drag(found);
        }}
        onDragEnd={() => hands.drag(null)}
        onDragOver={(event) => {
          if (!mayDrop) return;
          event.preventDefault();
          setOver(isUpper(event) ? "before" : "after");
        }}
        onDragLeave={() => setOver("")}
        onDrop={(event) => {
          event.preventDefault();
          setOver("");
          if (mayDrop) drop(hands, parent, found.index + (isUpper(event) ? 0 : 1));
        }}
      >
        <button
          type="button"
          className="ste-head"
          data-block={key}
          aria-expanded={open}
          onClick={() => hands.choose(open ? "" : key)}
        >
          <Icon name={ICONS[block.kind]} />
          <span className="ste-name">{titleOf(block)}</span>
          <span className="ste-sum">{summary(hands.page.text, block)}</span>
        </button>
      </div>
      {open && !locked ? <Tools found={found} hands={hands} /> : null}
      {open ? (
        <BlockForm
          key={key}
          editor={hands.editor}
          text={hands.page.text}
          block={block}
          onEdit={(edit) => hands.take(edit)}
        />
      ) : null}
      {hands.adding === `${key}-after` ? (
        <Add
          name={`${key}-after`}
          level={edits.levelInside(found.around)}
          hands={hands}
          onPiece={(piece) => put(hands, parent, found.index + 1, piece)}
        />
      ) : null}
      {block.kind === "condition" ? <Branches found={found} hands={hands} /> : null}
      {edits.holds(block) ? <Inside holder={block} around={found.around} hands={hands} /> : null}
    </li>
  );
}

/** A condition's sides, one below the other, and a way to add the last. */
function Branches({ found, hands }: { found: edits.Found; hands: Hands }) {
  const { block } = found;
  const around = [...found.around, block];
  const hasElse = block.children.some((each) => each.word === "else");
  const level = edits.levelInside(found.around);
  const first = PIECES.find((each) => each.level === level)!;
  return (
    <ul className="ste-list">
      {block.children.map((branch, index) => (
        <Row key={keyOf(branch)} found={{ block: branch, around, index }} hands={hands} />
      ))}
      {hasElse || hands.editor.locked ? null : (
        <li className="ste-add">
          <button
            type="button"
            className="ste-plus"
            onClick={() =>
              hands.take(edits.addElse(hands.page.text, block, first.snippet), "condition")
            }
          >
            <Icon name="add" />
            {t("Otherwise…")}
          </button>
        </li>
      )}
    </ul>
  );
}

function Tools({ found, hands }: { found: edits.Found; hands: Hands }) {
  const { block } = found;
  const { text, body } = hands.page;
  const what = { what: titleOf(block) };
  const [up, down] = [nextSlot(body, found, -1), nextSlot(body, found, 1)];
  const wrappable = block.kind !== "condition" && block.kind !== "branch";
  return (
    <div className="ste-tools" role="group" aria-label={t("What to do with it")}>
      <IconButton
        icon="arrow_upward"
        label={t("Move up: {what}", what)}
        disabled={!up}
        onClick={() => shift(hands, found, -1)}
      />
      <IconButton
        icon="arrow_downward"
        label={t("Move down: {what}", what)}
        disabled={!down}
        onClick={() => shift(hands, found, 1)}
      />
      <IconButton
        icon="add"
        label={t("Add after: {what}", what)}
        onClick={() => hands.add(`${keyOf(block)}-after`)}
      />
      {wrappable ? (
        <IconButton
          icon="call_split"
          label={t("Only if…: {what}", what)}
          onClick={() => hands.take(edits.wrap(text, block, "customer.firstName"), "branch")}
        />
      ) : null}
      <IconButton
        icon="content_copy"
        label={t("Copy: {what}", what)}
        onClick={() => copy(hands, found)}
      />
      <IconButton
        icon="delete"
        label={t("Take out: {what}", what)}
        onClick={() => hands.take(edits.remove(text, block))}
      />
    </div>
  );
}

function Add(given: {
  name: string;
  level: edits.Level;
  hands: Hands;
  onPiece(piece: Piece): void;
}) {
  const { hands, name } = given;
  const open = hands.adding === name;
  return (
    <>
      {name.endsWith("-end") ? (
        <button
          type="button"
          className="ste-plus"
          aria-expanded={open}
          onClick={() => hands.add(open ? "" : name)}
        >
          <Icon name="add" />
          {t("Add")}
        </button>
      ) : null}
      {open ? (
        <div className="ste-pieces" role="group" aria-label={t("What to add")}>
          {PIECES.filter((each) => each.level === given.level).map((piece) => (
            <button key={piece.name} type="button" onClick={() => given.onPiece(piece)}>
              <Icon name={piece.icon} />
              {t(piece.name)}
            </button>
          ))}
        </div>
      ) : null}
    </>
  );
}

/** Where something is dropped that goes to the end. */
function DropPlace(given: { holder: Block; around: Block[]; hands: Hands }) {
  const { hands, holder } = given;
  const [over, setOver] = useState(false);
  if (!hands.dragged || !canDrop(hands, holder)) return null;
  return (
    <div
      className={over ? "ste-drop ste-over" : "ste-drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        drop(hands, holder, holder.children.length);
      }}
    >
      {t("Drop it here")}
    </div>
  );
}

function canDrop(hands: Hands, holder: Block): boolean {
  return Boolean(
    hands.dragged && slots(hands.page.body, hands.dragged).some((each) => each.holder === holder),
  );
}

function drop(hands: Hands, holder: Block, index: number): void {
  const { dragged, page: shown } = hands;
  if (dragged) hands.take(edits.move(shown.text, dragged, holder, index), dragged.block.kind);
}

function shift(hands: Hands, found: edits.Found, way: -1 | 1): void {
  const slot = nextSlot(hands.page.body, found, way);
  if (slot)
    hands.take(edits.move(hands.page.text, found, slot.holder, slot.index), found.block.kind);
}

function copy(hands: Hands, found: edits.Found): void {
  hands.take(edits.duplicate(hands.page.text, found.block), found.block.kind);
}

function onKey(event: KeyboardEvent, hands: Hands): void {
  const head = (event.target as HTMLElement).closest<HTMLElement>("[data-block]");
  const control = event.ctrlKey || event.metaKey;
  if (!head) return;
  const [start, kind] = head.dataset.block!.split("-") as [string, Block["kind"]];
  const found = edits.find(hands.page.body, Number(start), kind);
  const acts = found && !hands.editor.locked && kind !== "branch" ? found : null;
  const does: Record<string, (() => void) | null> = {
    ArrowUp: event.altKey ? acts && (() => shift(hands, acts, -1)) : () => walk(head, -1),
    ArrowDown: event.altKey ? acts && (() => shift(hands, acts, 1)) : () => walk(head, 1),
    Delete: acts && (() => hands.take(edits.remove(hands.page.text, acts.block))),
    d: control ? acts && (() => copy(hands, acts)) : null,
    z: control ? () => (event.shiftKey ? hands.editor.redo() : hands.editor.undo()) : null,
    y: control ? () => hands.editor.redo() : null,
  };
  const action = does[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function walk(head: HTMLElement, way: -1 | 1): void {
  const heads = [...head.closest(".ste-blocks")!.querySelectorAll<HTMLElement>("[data-block]")];
  heads[heads.indexOf(head) + way]?.focus();
}

function isUpper(event: DragEvent): boolean {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return event.clientY < box.top + box.height / 2;
}

function titleOf(block: Block): string {
  if (block.word === "elif") return t("Else if");
  if (block.word === "else") return t("Otherwise");
  return t(TITLES[block.kind]);
}

function summary(text: string, block: Block): string {
  if (block.test) return text.slice(block.test.start, block.test.end);
  if (block.kind === "section" || block.kind === "wrapper")
    return block.kind === "section" ? tn("{n} column", block.children.length) : "";
  if (block.kind === "image") return of(block, "alt") || of(block, "src");
  if (block.kind === "column") return of(block, "width");
  if (block.kind === "spacer") return of(block, "height");
  const said = text.slice(block.inner.start, block.inner.end);
  const plain = block.kind === "raw" ? said : said.replace(/<[^>]*>/g, " ");
  return ["text", "button", "raw"].includes(block.kind) ? plain.trim().slice(0, 120) : "";
}

function of(block: Block, name: string): string {
  return block.attributes.find((each) => each.name === name)?.value ?? "";
}
