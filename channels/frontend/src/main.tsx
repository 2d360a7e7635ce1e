// Begins the editor where the admin's page has a place for it. Without it the page is a form.
import { render } from "preact";
import { Editor } from "./editor";
import { Server, type Boot } from "./server";
import { Preview } from "./view/Preview";
import { Write } from "./view/Write";
import { speak } from "./words";
import "./styles.css";

const root = document.getElementById("template-editor");
const beside = document.getElementById("template-preview");
const given = document.getElementById("template-boot");
const area = document.getElementById("source");
const card = area?.closest("section");
if (root && beside && given && card && area instanceof HTMLTextAreaElement) {
  const boot = JSON.parse(given.textContent ?? "{}") as Boot;
  speak(boot);
  const editor = new Editor(new Server(boot, root.dataset.csrf ?? ""), area);
  document.getElementById("template-plain")?.remove();
  render(<Write editor={editor} card={card} />, root);
  render(<Preview editor={editor} />, beside);
  keepUnsaved(editor, area.value);
}

/** Whoever leaves with something unsaved is asked first. */
function keepUnsaved(editor: Editor, saved: string): void {
  let submitted = false;
  area?.closest("form")?.addEventListener("submit", () => (submitted = true));
  window.addEventListener("beforeunload", (event) => {
    if (!submitted && editor.text !== saved && !editor.locked) event.preventDefault();
  });
}
