// What our pages need beyond HTML: dialogs that open from their buttons, a main landmark, comfort in the YAML editor.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog).showModal();
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog").close();
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  const place = event.target.closest("[data-line]");
  if (place) goTo(document.getElementById("source"), place);
});

// Work that takes a while says how much of it is done, and where to look at its end.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-stream]")) return;
  event.preventDefault();
  follow(event.target);
});

async function follow(form) {
  const [button, bar, wrong] = ["button", "progress", "[role=alert]"].map((each) => form.querySelector(each));
  const given = new FormData(form);
  button.disabled = true;
  bar.hidden = false;
  bar.removeAttribute("value");
  wrong.textContent = "";
  try {
    const answer = await fetch(form.action, { method: "POST", body: given });
    if (!answer.ok || answer.redirected) throw new Error(wrong.dataset.failed);
    const found = await lastOf(answer.body, (done) => (bar.value = done));
    if (found.refused) throw new Error(found.refused);
    if (!found.found) throw new Error(wrong.dataset.failed);
    location.hash = found.found;
    location.reload();
  } catch (error) {
    wrong.textContent = error instanceof TypeError ? wrong.dataset.failed : error.message;
    button.disabled = false;
    bar.hidden = true;
  }
}

// The last line of a stream of JSON; the others say how much is done.
async function lastOf(body, tell) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let last = {};
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop();
    for (const line of lines.filter(Boolean)) {
      last = JSON.parse(line);
      if (last.done !== undefined) tell(last.done);
    }
    if (done) return last;
  }
}

// Without HTTPS there is no clipboard: then a hidden field is copied from.
async function copy(button) {
  if (navigator.clipboard) await navigator.clipboard.writeText(button.dataset.copy);
  else {
    const field = Object.assign(document.createElement("textarea"), { value: button.dataset.copy });
    button.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  button.textContent = button.dataset.copied;
}

// A problem leads to its line, or to the step that it names.
function goTo(editor, place) {
  const lines = editor.value.split("\n");
  const step = /^steps\[([^\]]+)\]/.exec(place.textContent);
  const named = step && lines.findIndex((line) => new RegExp(`^\\s*(- )?id:\\s*["']?${CSS.escape(step[1])}["']?\\s*$`).test(line));
  const line = Number(place.dataset.line) - 1;
  const row = line >= 0 ? line : named;
  if (row === null || row < 0) return editor.focus();
  const start = lines.slice(0, row).reduce((sum, text) => sum + text.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(start, start + lines[row].length);
  editor.scrollTop = (row - 4) * parseFloat(getComputedStyle(editor).lineHeight);
}

// On a phone each cell of a list carries its column's name. The theme calls a first column that leads nowhere “Select record”.
function nameCells(list) {
  const heads = [...list.querySelectorAll("thead th")].map((head) => (head.querySelector(".text") ?? head).textContent.trim());
  for (const row of list.querySelectorAll("tr.data-row")) {
    [...row.querySelectorAll("[data-label]")].forEach((cell, place) => {
      const own = cell.querySelector("input.action-select") ? "" : heads[place];
      const label = own || cell.dataset.label;
      cell.dataset.label = label.charAt(0).toLocaleUpperCase() + label.slice(1);
    });
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("#result_list").forEach(nameCells);
  for (const tab of document.querySelectorAll(".sj-tabs [aria-current]")) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 24;
  document.getElementById("main")?.setAttribute("role", "main");
  const editor = document.getElementById("source");
  if (!editor || editor.readOnly) return;
  let saved = editor.value;
  editor.form.addEventListener("submit", () => (saved = editor.value));
  window.addEventListener("beforeunload", (event) => {
    if (editor.value !== saved) event.preventDefault();
  });
  editor.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      editor.form.requestSubmit();
    }
    if (event.key === "Enter" && !event.isComposing) keepIndent(editor, event);
  });
});

function keepIndent(editor, event) {
  const before = editor.value.slice(0, editor.selectionStart);
  const indent = /^ */.exec(before.slice(before.lastIndexOf("\n") + 1))[0];
  if (!indent) return;
  event.preventDefault();
  document.execCommand("insertText", false, "\n" + indent);
}
