// Starts everything: what stands on buttons, which keys are heard, and the first thing that is shown.

import { actionNamed, buttonWords } from "./actions.js";
import { read } from "./address.js";
import { decideAs, get, leave, listen } from "./api.js";
import { asked } from "./deck.js";
import { openWho } from "./dialogs.js";
import { afterFrame, byId, counted, element, shortened, visible } from "./dom.js";
import { imagesAt } from "./images.js";
import { isTaken } from "./keys.js";
import { learn } from "./new_class.js";
import { Page } from "./page.js";

const NAME = "labelaudit.reviewer";

// What stands on the buttons.
function label() {
  for (const button of document.querySelectorAll("[data-action]")) {
    const words = buttonWords(actionNamed(button.dataset.action));
    button.prepend(words.label, ...(words.key ? [" ", element("kbd", {}, words.key)] : []));
    if (words.title) button.title = words.title;
    if (words.spoken) button.setAttribute("aria-label", words.spoken);
  }
}

function wire(page) {
  const { desk } = page;
  const on = (id, then) => byId(id).addEventListener("click", then);
  document.addEventListener("keydown", (event) => {
    if (isTaken(event, Boolean(document.querySelector("dialog[open]")))) return;
    if (desk.opening) { // in the order in which they were typed; of no use if there is nothing to edit
      event.preventDefault();
      desk.opening.then((opened) => opened && !desk.editor.atClass && page.key(event)); // letters are no keys there
      return;
    }
    let ours = false;
    // From the key to the frame that answers it, for the benchmark and for anybody's developer tools;
    // asked for before the key does anything, so that what is done after the frame does not count.
    afterFrame(() => ours && performance.measure("key answered", { start: event.timeStamp }));
    ours = page.key(event);
    if (!ours) return;
    event.preventDefault();
    performance.measure("key worked on", { start: event.timeStamp });
  });
  for (const button of document.querySelectorAll("[data-mode]")) {
    button.addEventListener("click", () => page.begin(button.dataset.mode));
    button.addEventListener("keydown", (event) => {
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      event.stopPropagation();
      const all = [...document.querySelectorAll("[data-mode]:not([hidden])")];
      const step = event.key === "ArrowRight" || event.key === "ArrowDown" ? 1 : -1;
      const other = all[(all.indexOf(button) + step + all.length) % all.length];
      other.focus();
      page.begin(other.dataset.mode);
    });
  }
  for (const button of document.querySelectorAll("[data-action]:not([data-mode], [type=submit])")) {
    const { run } = actionNamed(button.dataset.action);
    button.addEventListener("click", (event) => run(page, event));
  }
  on("finish-open", () => page.finish());
  on("done-finish", () => page.finish());
  on("done-filter", () => page.openFilter());
  on("done-skipped", () => page.begin(page.mode, { state: "skipped" }));
  on("done-overview", () => page.begin("overview", {}));
  on("to-grid", () => page.toggleGrid());
  on("done-left", () => page.begin(page.mode));
  on("done-findings", () => page.begin("value", {}));
  on("reviewer-open", () => openWho(page.name, async (name) => {
    await leave();
    localStorage.setItem(NAME, name);
    page.become(name);
    page.begin();
  }));
  window.addEventListener("pagehide", () => leave());
  window.addEventListener("beforeunload", (event) => { if (page.saver.state !== "saved") event.preventDefault(); });
}

async function start() {
  const linked = read(location.search);
  // The token is in a cookie now; in the address, somebody could read it over a shoulder.
  const words = new URLSearchParams(location.search);
  words.delete("token");
  history.replaceState(null, "", words.size ? `/?${words}` : "/");
  try {
    decideAs(localStorage.getItem(NAME) || ""); // nobody: whom the server was started for
    const first = linked.mode === "value" && !linked.finding ? asked("value", linked.filter) : null;
    first?.catch(() => {}); // told where it is awaited
    const session = await get("/api/session");
    imagesAt(session.images);
    listen((answer) => learn(session.classes, answer));
    const page = new Page(session);
    page.become(localStorage.getItem(NAME) || session.reviewer);
    byId("dataset").textContent = shortened(session.dataset.name, 40);
    byId("dataset").title = `${visible(session.dataset.name)}: ${counted(session.dataset.images, "image")}, ${counted(session.dataset.boxes, "box", "boxes")}`;
    document.title = `${shortened(session.dataset.name, 40)} · labelaudit`;
    wire(page);
    for (const { unit } of session.samples) document.querySelector(`[data-mode="sample-${unit}"]`).hidden = false;
    page.saver.restore();
    page.noteProgress(session.progress);
    await page.begin(linked.mode ?? session.mode, linked.filter, { first, finding: linked.finding });
    document.body.dataset.ready = "true";
  } catch (error) {
    byId("trouble").textContent = `The page could not start: ${error.message}`;
    byId("trouble").hidden = false;
  }
}

label(); // before anything is awaited
start();
