// The page: what is in hand, and what stands where. What keys and buttons do is in actions.js.

import { actionFor } from "./actions.js";
import { read, written } from "./address.js";
import { Saver, decideAs, get } from "./api.js";
import { Desk } from "./desk.js";
import { openFilter, openFinish, openHelp } from "./dialogs.js";
import { announce, byId, counted, element, shortened, toast } from "./dom.js";
import { Grid } from "./grid.js";
import { matrix } from "./matrix.js";
import { Overview } from "./overview.js";
import { SampleDesk, UNITS, estimateText } from "./sample.js";

const LOST_MS = 1500;
const NO_ANSWER = "The server does not answer. Decisions wait here and are sent again; keep this page open.";
const STARTED_ANEW = "The server was started anew. Open the address that it printed in this tab; what waits here is sent then.";

export class Page {
  constructor(session) {
    this.session = session;
    this.mode = "value";
    this.filter = {};
    this.matching = null; // findings that the filter leaves
    this.single = false; // whether one of a screen of crops is looked at by itself
    this.saver = new Saver({ changed: (saver) => this.noteSaving(saver), refused: (error) => this.noteRefusal(error) });
    this.desk = new Desk(session, this.saver, {
      progressed: (progress) => this.noteProgress(progress),
      ended: () => this.noteEnd(),
      shown: (item) => this.noteAddress(item.id),
      unpictured: (item) => this.unpictured(item),
    });
    this.overview = new Overview(session, { begin: (mode, filter) => this.begin(mode, filter) });
    this.sample = new SampleDesk(session, this.desk, this.saver, {
      judged: (sample) => this.noteSample(sample),
      ended: (sample) => this.noteSampleEnd(sample),
    });
    this.progress = session.progress;
    this.grid = new Grid(session, { decided: (pairs) => this.decideScreen(pairs), opened: (item) => this.openCrop(item) });
    window.addEventListener("popstate", () => this.goToAddress());
  }

  // `finding` is the one to begin with; `first` an answer that was asked for before.
  async begin(mode = this.mode, filter = this.filter, { first = null, finding = null } = {}) {
    this.mode = mode;
    this.filter = filter;
    this.single = false;
    for (const button of document.querySelectorAll("[data-mode]")) {
      const on = button.dataset.mode === mode;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
      if (on) button.scrollIntoView({ block: "nearest", inline: "nearest" }); // on a phone not all have room
    }
    const given = Object.keys(filter).filter((name) => name !== "value").length; // which belongs to its field
    byId("filter-count").hidden = !given;
    byId("filter-count").textContent = String(given);
    this.countMatching();
    const unit = UNITS[mode];
    this.desk.away = Boolean(unit) || mode === "overview";
    byId("actions").hidden = Boolean(unit);
    byId("verdicts").hidden = !unit;
    byId("before-after").hidden = Boolean(unit);
    try {
      if (unit) await this.sample.begin(unit);
      else if (mode !== "overview") await this.desk.begin(mode, filter, first);
      if (finding) await this.startAt(finding);
      this.show();
    } catch (error) {
      this.trouble(error.message);
    }
  }

  // How many findings the filter leaves, beside the numbers of all.
  countMatching() {
    const { filter } = this;
    this.matching = null;
    if (!Object.keys(filter).length || this.sampling || this.mode === "overview") return;
    get("/api/count", filter).then(({ count }) => {
      if (this.filter !== filter) return;
      this.matching = count;
      this.noteProgress(this.progress);
    }).catch(() => {}); // the findings themselves say what is wrong
  }

  // The finding that a link names, whatever its state is now.
  async startAt(finding) {
    try {
      this.desk.deck.goTo(await get(`/api/items/${encodeURIComponent(finding)}`));
      this.single = this.mode === "kind";
    } catch (error) {
      toast(`The finding of this link cannot be shown: ${error.message}`, "bad");
    }
  }

  // Keep what is looked at in the address; the first time, and where nothing else is, without a step of its own.
  noteAddress(finding = null) {
    const address = written({ mode: this.mode, filter: this.filter, finding });
    if (address === location.pathname + location.search) return;
    if (this.addressed) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    this.addressed = true;
  }

  // The back and forward buttons.
  async goToAddress() {
    const { mode, filter, finding } = read(location.search);
    if (this.desk.editor.open) this.desk.editor.close();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    const known = mode === this.mode && JSON.stringify(filter) === JSON.stringify(this.filter) && mode !== "overview";
    const place = known && finding && !this.sampling ? this.desk.deck.items.find((item) => item.id === finding) : null;
    if (place) { this.single = mode === "kind"; this.desk.deck.goTo(place); this.show(); }
    else await this.begin(mode ?? "overview", filter, { finding });
  }

  // Whether one of a sample is in hand, not a finding.
  get sampling() {
    return this.mode in UNITS;
  }

  // What keys that move, and those that look closer, are about.
  get front() {
    return this.sampling ? this.sample : this.desk;
  }

  show() {
    byId("overview").hidden = this.mode !== "overview";
    if (this.mode === "overview") {
      for (const id of ["desk", "grid", "done"]) byId(id).hidden = true;
      this.noteProgress(this.progress);
      this.noteAddress();
      this.overview.show(this.progress);
      return;
    }
    if (this.sampling) {
      this.noteAddress();
      byId("grid").hidden = true;
      this.sample.show();
      return;
    }
    this.noteProgress(this.progress);
    byId("how-many").hidden = true;
    const grid = this.mode === "kind" && !this.single && Boolean(this.desk.item);
    byId("done").hidden = true;
    byId("grid").hidden = !grid;
    byId("desk").hidden = grid || !this.desk.item;
    byId("to-grid").hidden = !this.single;
    if (!grid) { this.desk.show(); return; }
    this.noteAddress();
    this.grid.show(this.desk.deck.items.slice(this.desk.deck.position));
  }

  // Look at one of a screen of crops by itself: the one given, else the one that has the focus.
  openCrop(item = this.grid.items[this.grid.place]) {
    if (!item) return;
    this.screen = this.desk.deck.position;
    this.single = true;
    this.desk.deck.goTo(item);
    this.show();
  }

  // What stands in the place of an image: the classes that are taken for each other, and how to decide faster.
  unpictured(item) {
    const alike = this.desk.deck.items.filter((one) => one.code === item.code && one.image === null).length;
    const place = element("div", {});
    get("/api/overview").then(({ confused }) => {
      if (confused && this.desk.item === item) place.replaceChildren(matrix(confused, (filter) => this.begin("value", filter), [this.session.classes[item.label]]));
    }).catch(() => {});
    return [alike > 1 ? element("p", {}, `${counted(alike, "finding")} of this kind are about no image. `, element("button", { onclick: () => this.begin("kind", { ...this.filter, rule: item.code }) }, "Decide them on one screen")) : "", place];
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
    if (this.sampling) { this.sample.undo(); return; }
    const undone = await this.desk.undo();
    if (undone.length && this.mode === "kind") {
      const { deck } = this.desk;
      deck.position = Math.min(...undone.map((item) => deck.items.findIndex((one) => one.id === item.id)));
    }
    if (undone.length) this.show();
  }

  async redo() {
    if (this.sampling) return;
    const done = await this.desk.redo();
    if (done.length) this.show();
  }

  // The primary button of the first page.
  beginReview() {
    byId("overview-begin")?.click();
  }

  noteProgress(progress) {
    this.progress = progress;
    if (this.sampling) return; // told once findings are in hand again
    const { decided, skipped, total, per_minute: pace, minutes_left: left, found } = progress;
    const bar = byId("bar");
    bar.firstElementChild.style.transform = `scaleX(${total ? decided / total : 1})`;
    bar.setAttribute("aria-valuemax", String(total));
    bar.setAttribute("aria-valuenow", String(decided));
    bar.setAttribute("aria-valuetext", `${decided} of ${total}`);
    const parts = [`${decided.toLocaleString("en")} of ${total.toLocaleString("en")} decided`];
    if (skipped) parts.push(`${skipped.toLocaleString("en")} skipped${progress.asked ? `, ${progress.asked.toLocaleString("en")} for an expert` : ""}`);
    if (this.matching !== null) parts.push(`filter: ${this.matching.toLocaleString("en")}`);
    if (pace) parts.push(`${Math.round(pace)}/min`);
    if (left) parts.push(left < 90 ? `${Math.max(1, Math.round(left))} min left` : `${(left / 60).toFixed(1)} h left`);
    if (found) parts.push(found);
    byId("pace").textContent = parts.join(" · ");
    byId("pace").title = parts.join("\n"); // whole where the line is too narrow
  }

  noteSample(sample) {
    const { judged, tasks } = sample;
    const bar = byId("bar");
    bar.firstElementChild.style.transform = `scaleX(${tasks ? judged / tasks : 1})`;
    bar.setAttribute("aria-valuemax", String(tasks));
    bar.setAttribute("aria-valuenow", String(judged));
    bar.setAttribute("aria-valuetext", `${judged} of ${tasks}`);
    byId("pace").textContent = `${judged.toLocaleString("en")} of ${tasks.toLocaleString("en")} judged · ${estimateText(sample)}`;
    byId("pace").title = byId("pace").textContent;
  }

  noteSampleEnd(sample) {
    const left = sample.tasks - sample.judged;
    this.noteDone(left ? `${left.toLocaleString("en")} of the sample left` : "The sample is judged",
      left ? `${estimateText(sample)} What is left was passed over, or is with another reviewer.` : estimateText(sample));
    byId("done-left").hidden = !left;
    byId(left ? "done-left" : "done-findings").focus();
  }

  // Nothing to show: say why, and what can be done.
  noteDone(title, text, command = "") {
    byId("desk").hidden = true;
    byId("grid").hidden = true;
    byId("done").hidden = false;
    byId("done-title").textContent = title;
    byId("done-text").textContent = text;
    byId("done-command").textContent = command;
    byId("done-command").hidden = !command;
    byId("done-filter").hidden = this.sampling || !this.progress.total;
    byId("done-skipped").hidden = this.sampling || !this.progress.skipped;
    byId("done-overview").hidden = byId("done-finish").hidden = this.sampling;
    byId("done-findings").hidden = !this.sampling;
    byId("done-left").hidden = true;
    announce(`${title}. ${this.sampling ? text : ""}`);
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
    this.noteAddress();
    const { decided, skipped, total, asked } = this.progress;
    const filtered = Object.keys(this.filter).length > 0;
    const left = total - decided - skipped;
    const numbers = `${decided.toLocaleString("en")} of ${counted(total, "finding")} decided${skipped ? `, ${skipped.toLocaleString("en")} skipped` : ""}${asked ? ` (${asked.toLocaleString("en")} for an expert)` : ""}.`;
    if (!total) {
      this.noteDone("Nothing was found", "The rules found nothing in these labels, so there is nothing to decide. How many labels are wrong all the same, a sample tells:", this.session.sample_command);
    } else if (filtered) {
      this.noteDone("Nothing left with this filter", `${numbers} Change the filter to go on.`);
    } else {
      this.noteDone("Nothing left to decide", left ? `${numbers} The rest is with another reviewer.` : `${numbers} Finish to see what they come to, and to write the cleaned dataset.`);
    }
    byId("done-finish").hidden = !decided;
    byId("done-finish").classList.toggle("primary", Boolean(decided) && !filtered);
    byId("done-filter").classList.toggle("primary", filtered);
    byId(decided ? "done-finish" : filtered ? "done-filter" : skipped ? "done-skipped" : "done-overview").focus();
  }

  finish() {
    const goTo = async (item) => {
      if (this.sampling || this.mode === "overview") await this.begin("value", {});
      this.mode = "value";
      this.desk.deck.goTo(item);
      this.show();
    };
    openFinish({ saver: this.saver, goTo });
  }

  async openFilter() {
    let facets;
    try {
      facets = await get("/api/facets");
    } catch (error) {
      toast(`The filter could not be asked for: ${error.message}`, "bad");
      return;
    }
    openFilter(facets, this.filter, (filter) => this.begin(this.sampling || this.mode === "overview" ? "value" : this.mode, filter));
  }

  become(name) {
    this.name = name;
    decideAs(name);
    byId("reviewer").textContent = shortened(name, 24);
  }

  // Where keys are typed: it says what they mean.
  get place() {
    if (this.mode === "overview") return "overview";
    if (this.desk.editor.open) return "edit";
    if (!byId("grid").hidden) return "grid";
    if (byId("desk").hidden) return "end";
    return this.sampling ? this.mode : "desk";
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

  // From one of a screen of crops back to what is left of the screen; else to the screen and back.
  toggleGrid() {
    if (this.mode === "kind" && this.single) {
      this.single = false;
      this.desk.deck.gather(this.screen ?? 0);
      if (this.desk.item) this.show();
      else this.nextAtEnd();
      return;
    }
    this.begin(this.mode === "kind" ? "value" : "kind");
  }

  // Another reviewer may have let go of a finding.
  nextAtEnd() {
    if (this.sampling) { this.sample.next(); return; }
    this.desk.next().then(() => this.show());
  }

  previousAtEnd() {
    if (this.sampling) { this.sample.previous(); return; }
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
    this.front.paint();
  }
}

// Why decisions wait: a server without an answer, one that does not know us, or one that cannot write.
function reasonOf({ reason }) {
  if (!reason) return NO_ANSWER;
  return reason.status === 401 ? STARTED_ANEW : `Not saved yet, and sent again: ${reason.message}`;
}
