// The page: starts everything, and says which key does what.

import { Saver, decideAs, get, leave } from "./api.js";
import { asked } from "./deck.js";
import { Desk } from "./desk.js";
import { openFilter, openFinish, openHelp, openWho } from "./dialogs.js";
import { afterFrame, announce, byId, counted, shortened, toast, visible } from "./dom.js";
import { picturesAt } from "./pictures.js";
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

  // What a key does; whether it did something.
  key(event) {
    if (event.key === "?") { openHelp(); return true; }
    if (this.desk.editor.open) return this.editKey(event);
    const everywhere = { f: () => this.openFilter(), g: () => this.begin(this.mode === "kind" ? "value" : "kind"), u: () => this.undo() };
    const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (everywhere[letter] && !event.shiftKey) { everywhere[letter](); return true; }
    if (!byId("grid").hidden) return this.gridKey(event, letter);
    return byId("desk").hidden ? this.endKey(letter) : this.deskKey(event, letter);
  }

  endKey(letter) {
    const back = letter === "p" || letter === "ArrowLeft";
    if (back && this.desk.deck.previous()) this.show();
    if (letter === "n") this.desk.next().then(() => this.show()); // another reviewer may have let go
    return back || letter === "n";
  }

  gridKey(event, letter) {
    const verdict = { a: "accept", r: "reject", s: "skip" }[letter];
    if (verdict) this.grid.decide(verdict);
    return Boolean(verdict) || this.grid.key(event);
  }

  deskKey(event, letter) {
    const { desk } = this;
    const { viewer } = desk;
    if (letter === "a" && event.shiftKey) { desk.acceptImage(); return true; }
    const actions = {
      a: () => desk.act("accept"), Enter: () => desk.act("accept"), r: () => desk.act("reject"), s: () => desk.act("skip"),
      n: () => desk.next(), ArrowRight: () => desk.next(), p: () => desk.previous(), ArrowLeft: () => desk.previous(),
      e: () => desk.edit(), c: () => desk.edit({ atClass: true }), d: () => desk.draw(), b: () => this.toggleAfter(), o: () => this.toggleOthers(),
      "+": () => viewer.zoom(1.4), "=": () => viewer.zoom(1.4), "-": () => viewer.zoom(1 / 1.4), 0: () => viewer.fit(),
      z: () => desk.zoomToBox(), Delete: () => this.removeBox(),
    };
    if (!actions[letter]) return false;
    actions[letter]();
    return true;
  }

  editKey(event) {
    const { editor, viewer } = this.desk;
    const actions = {
      Enter: () => editor.save(), Escape: () => editor.close(), Delete: () => editor.remove(), Backspace: () => editor.remove(),
      c: () => editor.input.focus(), "+": () => viewer.zoom(1.4), "=": () => viewer.zoom(1.4), "-": () => viewer.zoom(1 / 1.4), 0: () => viewer.fit(),
    };
    if (editor.key(event)) return true;
    if (!actions[event.key]) return false;
    actions[event.key]();
    return true;
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
  const acts = { edit: () => desk.edit(), draw: () => desk.draw(), undo: () => page.undo(), next: () => desk.next(), previous: () => desk.previous() };
  for (const button of document.querySelectorAll("[data-act]")) {
    const name = button.dataset.act;
    button.addEventListener("click", acts[name] || (() => desk.act(name)));
  }
  for (const verdict of ["accept", "reject", "skip"]) on(`grid-${verdict}`, () => page.grid.decide(verdict));
  on("grid-undo", () => page.undo());
  on("zoom-in", () => desk.viewer.zoom(1.4));
  on("zoom-out", () => desk.viewer.zoom(1 / 1.4));
  on("zoom-fit", () => desk.viewer.fit());
  on("zoom-box", () => desk.zoomToBox());
  on("before-after", () => page.toggleAfter());
  on("others", () => page.toggleOthers());
  on("filter-open", () => page.openFilter());
  on("help-open", openHelp);
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
    picturesAt(session.pictures);
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

start();
