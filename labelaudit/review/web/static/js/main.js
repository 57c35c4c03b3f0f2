// The page: starts everything. What keys and buttons do is in actions.js.

import { actionFor, actionNamed, buttonWords } from "./actions.js";
import { Saver, decideAs, get, leave } from "./api.js";
import { asked } from "./deck.js";
import { Desk } from "./desk.js";
import { openFilter, openFinish, openHelp, openWho } from "./dialogs.js";
import { afterFrame, announce, byId, counted, element, shortened, toast, visible } from "./dom.js";
import { imagesAt } from "./images.js";
import { Grid } from "./grid.js";

const NAME = "labelaudit.reviewer";
const LOST_MS = 1500;
const NO_ANSWER = "The server does not answer. Decisions wait here and are sent again; keep this page open.";
const STARTED_ANEW = "The server was started anew. Open the address that it printed in this tab; what waits here is sent then.";

class Page {
  constructor(session) {
    this.session = session;
    this.mode = "value";
    this.filter = {};
    this.saver = new Saver({ changed: (saver) => this.noteSaving(saver), refused: (error) => this.noteRefusal(error) });
    this.desk = new Desk(session, this.saver, {
      progressed: (progress) => this.noteProgress(progress),
      ended: () => this.noteEnd(),
    });
    this.grid = new Grid(session, { decided: (pairs) => this.decideScreen(pairs) });
  }

  async begin(mode = this.mode, filter = this.filter, first = null) {
    this.mode = mode;
    this.filter = filter;
    for (const button of document.querySelectorAll("[data-mode]")) {
      const on = button.dataset.mode === mode;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
    }
    const given = Object.keys(filter).length;
    byId("filter-count").hidden = !given;
    byId("filter-count").textContent = String(given);
    try {
      await this.desk.begin(mode, filter, first);
      this.show();
    } catch (error) {
      this.trouble(error.message);
    }
  }

  show() {
    const grid = this.mode === "kind" && Boolean(this.desk.item);
    byId("done").hidden = true;
    byId("grid").hidden = !grid;
    byId("desk").hidden = grid || !this.desk.item;
    if (grid) this.grid.show(this.desk.deck.items.slice(this.desk.deck.position));
    else this.desk.show();
  }

  async decideScreen(pairs) {
    const { deck } = this.desk;
    this.desk.decide(pairs);
    deck.position += pairs.length;
    if (deck.left + 1 < this.grid.room) await deck.fill().catch(() => {}); // else a screen would be half full
    else deck.fillLater();
    if (!this.desk.item) await deck.next();
    this.show();
  }

  async undo() {
    const undone = await this.desk.undo();
    if (undone.length && this.mode === "kind") {
      const { deck } = this.desk;
      deck.position = Math.min(...undone.map((item) => deck.items.findIndex((one) => one.id === item.id)));
    }
    if (undone.length) this.show();
  }

  noteProgress(progress) {
    const { decided, skipped, total, per_minute: pace, minutes_left: left, found } = progress;
    const bar = byId("bar");
    bar.firstElementChild.style.transform = `scaleX(${total ? decided / total : 1})`;
    bar.setAttribute("aria-valuemax", String(total));
    bar.setAttribute("aria-valuenow", String(decided));
    bar.setAttribute("aria-valuetext", `${decided} of ${total}`);
    const parts = [`${decided.toLocaleString("en")} of ${total.toLocaleString("en")}`];
    if (skipped) parts.push(`${skipped.toLocaleString("en")} skipped`);
    if (pace) parts.push(`${Math.round(pace)}/min`);
    if (left) parts.push(left < 90 ? `${Math.max(1, Math.round(left))} min left` : `${(left / 60).toFixed(1)} h left`);
    if (found) parts.push(found);
    byId("pace").textContent = parts.join(" · ");
    byId("pace").title = parts.join("\n"); // whole where the line is too narrow
  }

  noteSaving(saver) {
    const note = byId("saving");
    note.dataset.state = saver.state;
    note.textContent = saver.state === "saved" ? "All saved" : saver.state === "saving" ? `Saving ${saver.waiting.length}…` : `${saver.waiting.length} not saved`;
    if (saver.state === "trouble") {
      this.lost ??= window.setTimeout(() => this.trouble(reasonOf(saver)), LOST_MS);
    } else if (saver.state === "saved") {
      window.clearTimeout(this.lost);
      if (this.lost) announce("All saved");
      this.lost = null;
      byId("trouble").hidden = true;
    }
  }

  noteRefusal(error) {
    this.trouble(`Not saved: ${error.message}`);
  }

  trouble(text) {
    byId("trouble").textContent = text;
    byId("trouble").hidden = false;
  }

  noteEnd() {
    byId("desk").hidden = true;
    byId("grid").hidden = true;
    byId("done").hidden = false;
    const filtered = Object.keys(this.filter).length > 0;
    byId("done-title").textContent = filtered ? "Nothing left with this filter" : "Nothing left to decide";
    byId("done-text").textContent = filtered ? "Change the filter to go on, or finish." : "Every finding is decided or with another reviewer. Finish to write the cleaned dataset.";
    byId("done-finish").focus();
    announce(byId("done-title").textContent);
  }

  finish() {
    openFinish({ saver: this.saver, goTo: (item) => { this.mode = "value"; this.desk.deck.goTo(item); this.show(); } });
  }

  async openFilter() {
    let facets;
    try {
      facets = await get("/api/facets");
    } catch (error) {
      toast(`The filter could not be asked for: ${error.message}`, "bad");
      return;
    }
    openFilter(facets, this.filter, (filter) => this.begin(this.mode, filter));
  }

  become(name) {
    this.name = name;
    decideAs(name);
    byId("reviewer").textContent = shortened(name, 24);
  }

  // Where keys are typed: it says what they mean.
  get place() {
    if (this.desk.editor.open) return "edit";
    if (!byId("grid").hidden) return "grid";
    return byId("desk").hidden ? "end" : "desk";
  }

  // Do what a key means; whether it means anything.
  key(event) {
    const action = actionFor(this.place, event);
    if (action) action.run(this, event);
    return Boolean(action);
  }

  openHelp() {
    openHelp();
  }

  toggleGrid() {
    this.begin(this.mode === "kind" ? "value" : "kind");
  }

  // Another reviewer may have let go of a finding.
  nextAtEnd() {
    this.desk.next().then(() => this.show());
  }

  previousAtEnd() {
    if (this.desk.deck.previous()) this.show();
  }

  async removeBox() {
    if (await this.desk.edit()) this.desk.editor.remove();
  }

  toggleAfter() {
    this.desk.after = !this.desk.after;
    byId("before-after").setAttribute("aria-pressed", String(this.desk.after));
    announce(this.desk.after ? "After the fix" : "Before the fix");
    this.desk.paint();
  }

  toggleOthers() {
    this.desk.others = !this.desk.others;
    byId("others").setAttribute("aria-pressed", String(this.desk.others));
    this.desk.paint();
  }
}

// Why decisions wait: a server without an answer, one that does not know us, or one that cannot write.
function reasonOf({ reason }) {
  if (!reason) return NO_ANSWER;
  return reason.status === 401 ? STARTED_ANEW : `Not saved yet, and sent again: ${reason.message}`;
}

// Keys belong to the page unless somebody types, or a button has the focus and is pressed.
function isTyping(event) {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return true;
  if (target.closest("input, select, textarea, summary")) return true;
  if (event.altKey && !event.key.startsWith("Arrow")) return true;
  const pressed = event.key === "Enter" || event.key === " ";
  return pressed && target.closest("button, a") && !target.closest(".cell");
}

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
    if (isTyping(event)) return;
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
      const all = [...document.querySelectorAll("[data-mode]")];
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
  // The token is in a cookie now; in the address, somebody could read it over a shoulder.
  history.replaceState(null, "", "/");
  try {
    decideAs(localStorage.getItem(NAME) || ""); // nobody: whom the server was started for
    const first = asked("value");
    first.catch(() => {}); // told where it is awaited
    const session = await get("/api/session");
    imagesAt(session.images);
    const page = new Page(session);
    page.become(localStorage.getItem(NAME) || session.reviewer);
    byId("dataset").textContent = shortened(session.dataset.name, 40);
    byId("dataset").title = `${visible(session.dataset.name)}: ${counted(session.dataset.images, "image")}, ${counted(session.dataset.boxes, "box", "boxes")}`;
    document.title = `${shortened(session.dataset.name, 40)} · labelaudit`;
    wire(page);
    page.saver.restore();
    page.noteProgress(session.progress);
    await page.begin("value", {}, first);
    document.body.dataset.ready = "true";
  } catch (error) {
    byId("trouble").textContent = `The page could not start: ${error.message}`;
    byId("trouble").hidden = false;
  }
}

label(); // before anything is awaited
start();
