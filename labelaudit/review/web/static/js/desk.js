// One finding at a time: what is shown, and what becomes of a decision.

import { Deck } from "./deck.js";
import { afterFrame, announce, byId, counted, toast, visible } from "./dom.js";
import { Editor } from "./editor.js";
import { History } from "./history.js";
import { LabelsInImage } from "./labels_in_image.js";
import { sentClass } from "./new_class.js";
import { NoteForm } from "./note.js";
import { Panel, fixOf, focusOf, hiddenBeside, sceneOf, stateText } from "./panel.js";
import { arrived, imageOf, prefetch } from "./images.js";
import { Viewer } from "./viewer.js";

const VERDICT_OF = { accepted: "accept", rejected: "reject", skipped: "skip", edited: "edit" };

// A reviewer's own fix as it is sent.
function ownFix({ edit, box, xyxy, label }, session) {
  if (!edit || edit.removes || edit.kind === "drop") return { kind: "drop" };
  return { kind: box === null ? "add" : "change", xyxy: edit.xyxy ?? xyxy, ...sentClass(session, edit.label ?? label) };
}

function withoutBox({ boxes, xyxy, labels }, box) {
  const kept = boxes.map((_, place) => place).filter((place) => boxes[place] !== box);
  return { boxes: kept.map((place) => boxes[place]), xyxy: kept.map((place) => xyxy[place]), labels: kept.map((place) => labels[place]) };
}

const STATE_OF = { accept: "accepted", reject: "rejected", skip: "skipped", edit: "edited" };

export class Desk {
  constructor(session, saver, { progressed, ended, shown, unpictured }) {
    this.session = session;
    this.saver = saver;
    this.progressed = progressed; // told the server's progress after a decision
    this.ended = ended; // told when nothing is left
    this.shown = shown; // told the finding that is shown
    this.unpictured = unpictured; // makes what stands in the place of an image that a finding has not
    this.after = false;
    this.others = true;
    this.away = false; // whether the page shows a sample instead
    this.opening = null; // while the editor waits for its image: whether it opened; keys wait for that
    this.history = new History();
    this.viewer = new Viewer(byId("canvas"));
    this.panel = new Panel(session, { chosen: (item) => this.goTo(item) });
    this.editor = new Editor(this.viewer, {
      classes: session.classes,
      saved: (edit) => this.saveEdit(edit),
      closed: () => { this.editing = null; this.actions(false); this.show(); },
    });
    this.note = new NoteForm({ saved: (text, purpose) => this.noted(text, purpose), closed: () => this.actions(false) });
    this.neighbours = new LabelsInImage(this.viewer, byId("label-tip"), { classes: session.classes, chosen: () => this.showChosen() });
  }

  async begin(order, filter, first) {
    this.deck = new Deck(order, filter, first);
    this.image = null;
    await this.deck.fill();
  }

  // The finding in hand; none while the page shows a sample.
  get item() {
    return this.away ? null : this.deck.current;
  }

  // Show the finding in hand; the panel at once, its image as soon as it is there.
  show({ focus = true } = {}) {
    const { item } = this;
    if (!item) { this.ended(); return; }
    byId("desk").hidden = false;
    byId("done").hidden = true;
    this.neighbours.clear();
    this.panel.choose(null);
    this.shown(item);
    const hasArrived = arrived(item.image); // first of all that is asked for; the rest would delay it
    this.panel.show(item, this.siblings(item), hasArrived);
    byId("image-name").textContent = item.image_name === null ? "" : visible(item.image_name).slice(-200);
    if (focus) announce(`${item.name}. ${visible(item.message).slice(0, 300)} ${stateText(item)}`);
    if (item.image === null) this.nothingToShow("This finding is about the labels, not about an image.", this.unpictured(item));
    else this.showing = this.showImage(item, focus);
    afterFrame(() => hasArrived.then(() => this.item === item && this.prefetch()));
  }

  // Have at hand what the next keys will show.
  prefetch() {
    const items = this.deck.ahead(8);
    prefetch(items);
    this.panel.prefetch(items.slice(0, 4));
  }

  async showImage(item, focus) {
    if (this.image && this.image.row !== item.image) this.image = null; // of the finding before: nothing to edit in
    try {
      const image = await imageOf(item.image);
      if (this.item !== item) return; // another key came first
      this.image = image;
      byId("stage").classList.remove("empty");
      byId("unpictured").replaceChildren();
      this.panel.legend(image);
      byId("not-shown").hidden = image.shown;
      byId("not-shown").textContent = image.shown ? "" : `Image not shown: ${image.reason}`;
      this.paint(focus);
    } catch (error) {
      if (this.item === item) this.nothingToShow(`The image could not be asked for: ${error.message}`);
    }
  }

  nothingToShow(reason, instead = []) {
    this.image = null;
    byId("stage").classList.add("empty");
    byId("unpictured").replaceChildren(...instead);
    this.viewer.scene = null;
    this.viewer.draw();
    byId("not-shown").hidden = false;
    byId("not-shown").textContent = reason;
  }

  paint(focus = false) {
    if (!this.image || !this.item) return;
    const siblings = this.siblings(this.item);
    this.neighbours.show(this.image, hiddenBeside(this.item, siblings));
    const scene = sceneOf(this.item, this.image, {
      classes: this.session.classes, siblings, after: this.after, others: this.others, chosen: this.neighbours.chosen,
    });
    this.viewer.show(scene, focus ? focusOf(this.item) : null);
  }

  zoomToBox() {
    const focus = this.item && focusOf(this.item);
    if (focus && this.image) this.viewer.zoomTo(focus);
  }

  // Another label of the image was chosen, or none: it is drawn, and can be edited in the place of the finding's.
  showChosen() {
    const { chosen } = this.neighbours;
    if (this.away) return;
    this.paint();
    const own = chosen && this.item && this.siblings(this.item).find((one) => one.box === chosen.box);
    this.panel.choose(chosen, own ?? null, {
      edit: () => this.edit(), remove: () => this.removeChosen(), leave: () => this.neighbours.choose(null), goTo: () => this.goTo(own),
    });
    if (!chosen) return;
    const [x, y] = this.viewer.toScreen(chosen.xyxy[0], chosen.xyxy[1]);
    const [right, bottom] = this.viewer.toScreen(chosen.xyxy[2], chosen.xyxy[3]);
    if (right < 0 || bottom < 0 || x > this.viewer.width || y > this.viewer.height) this.viewer.zoomTo(chosen.xyxy);
    announce(`Chosen: ${this.panel.chosenWords(chosen)}. E edits it, Delete removes it, Escape leaves it`);
  }

  siblings(item) {
    return item.image === null ? [] : this.deck.items.filter((one) => one.image === item.image);
  }

  async next() {
    byId("main").setAttribute("aria-busy", "true"); // keys mean nothing until the next one is there
    try {
      await this.deck.next();
    } finally {
      byId("main").removeAttribute("aria-busy");
    }
    this.show();
  }

  previous() {
    if (this.deck.previous()) this.show();
    else announce("This is the first finding");
  }

  goTo(item) {
    this.deck.goTo(item);
    this.show();
  }

  // Decide about findings, and go on; each shows that it is being saved until the server says so.
  decide(pairs, again = false) {
    const made = pairs.map(([item, verdict, fix, note, expert]) => [item, verdict, fix ?? null, note ?? item.draft ?? null, Boolean(expert)]);
    const sent = made.map(([item, verdict, fix, note, expert]) => {
      item.pending = STATE_OF[verdict];
      item.draft = null;
      return { item: item.id, verdict, fix, note, expert, seen: item.decision };
    });
    if (!again) this.history.add(made);
    return this.saver.send("/api/decisions", { decisions: sent }).then((answer) => this.took(pairs, answer), () => {
      for (const [item] of pairs) item.pending = null;
      this.goTo(pairs[0][0]); // the server says why, at the top of the page
    });
  }

  took(pairs, answer) {
    const told = new Map([...answer.items, ...answer.conflicts].map((item) => [item.id, item]));
    for (const [item] of pairs) { Object.assign(item, told.get(item.id)); item.pending = null; }
    this.progressed(answer.progress);
    this.refresh(pairs.map(([item]) => item));
    if (!answer.conflicts.length) return;
    const count = counted(answer.conflicts.length, "finding was", "findings were");
    toast(`${count} decided by somebody else in the meantime: not changed. Press P to look.`, "bad");
  }

  // The panel again, if it shows one of these or something beside them.
  refresh(items) {
    const { item } = this;
    if (!item || this.editor.open || !items.some((one) => one.image === item.image)) return;
    // The crops stay where only its neighbours changed: to load them anew would delay the next key.
    if (items.includes(item) && !byId("panel").contains(document.activeElement)) this.panel.show(item, this.siblings(item));
    else this.panel.update(item, this.siblings(item));
    this.paint();
  }

  async act(verdict) {
    const { item } = this;
    if (!item || item.pending) return;
    this.decide([[item, verdict]]);
    await this.next();
  }

  async acceptImage() {
    const open = this.item ? this.siblings(this.item).filter((one) => one.state === "open" && !one.pending) : [];
    if (!open.length) return;
    this.decide(open.map((item) => [item, "accept"]));
    toast(`${counted(open.length, "finding")} of this image accepted`);
    this.deck.position = this.deck.items.indexOf(open[open.length - 1]);
    await this.next();
  }

  // Take back the last decision, or the last screen of them, and look at it again.
  async undo() {
    const items = (this.history.takeBack() ?? []).map(([item]) => item);
    try {
      const answer = await this.saver.send("/api/undo", { items: items.map((item) => item.id) });
      this.progressed(answer.progress);
      if (!answer.items.length) { toast("Nothing to undo"); return []; }
      for (const item of answer.items) {
        if (item.obsolete) this.deck.drop(item);
        else this.deck.goTo(item);
      }
      toast(`Undone: ${counted(answer.items.length, "decision")}`);
      return answer.items;
    } catch {
      return [];
    }
  }

  // Do again what was taken back last.
  async redo() {
    const pairs = this.history.again();
    if (!pairs) { toast("There is nothing to do again"); return []; }
    this.decide(pairs, true);
    toast(`Done again: ${counted(pairs.length, "decision")}`);
    for (const [item] of pairs) this.deck.goTo(item);
    await this.next();
    return pairs;
  }

  // A note on the decision that was made, or that will be; or a question to an expert, which is one.
  write(purpose) {
    const { item } = this;
    if (!item || item.pending) return;
    this.actions(true);
    this.note.start(purpose, item.draft ?? item.note ?? "");
  }

  async noted(text, purpose) {
    const { item } = this;
    if (purpose === "ask") {
      this.decide([[item, "skip", null, text || null, true]]);
      await this.next();
    } else if (item.state === "open") {
      item.draft = text;
      this.panel.update(item, this.siblings(item));
      announce("The note is kept with your decision");
    } else {
      this.decide([[item, VERDICT_OF[item.state], item.state === "edited" ? ownFix(item, this.session) : null, text, item.expert]]);
      this.panel.update(item, this.siblings(item));
    }
  }

  edit(options = {}) {
    return this.openEditor(() => this.startEdit(options));
  }

  draw() {
    return this.openEditor(() => this.startDraw());
  }

  // The editor needs the size of the image: a key that comes before it waits, and what is typed after it, too.
  // Otherwise E and Enter, pressed quickly, would accept a finding instead of editing it.
  openEditor(start) {
    const { item } = this;
    if (!item || item.image === null || this.image) return start();
    this.opening = this.showing
      .then(() => this.item === item && start())
      .finally(() => { this.opening = null; });
    return this.opening;
  }

  // Whether there was something to edit.
  startEdit(options) {
    const { item, image } = this;
    if (!item || !image) { toast("There is no image to edit in."); return false; }
    const { chosen } = this.neighbours;
    if (chosen) return this.startNeighbour(chosen, options);
    const fix = fixOf(item);
    const xyxy = (fix && fix.xyxy) || item.xyxy;
    if (!xyxy) { toast("This finding has no box to edit."); return false; }
    const label = fix && fix.label !== null ? fix.label : item.label;
    this.editing = item;
    this.actions(true);
    const bare = { ...item, xyxy: null, fix: null, edit: null };
    this.viewer.show(sceneOf(bare, image, { classes: this.session.classes, siblings: this.siblings(item), others: this.others }));
    this.editor.start({ title: item.box === null ? "Edit the proposed box" : "Edit the box", xyxy, label, removable: item.box !== null, ...options });
    announce(options.atClass ? "Type the class, Enter saves" : "Editing. Arrow keys move the box, C goes to the class, Enter saves");
    return true;
  }

  startNeighbour(chosen, options) {
    const { item, image } = this;
    this.editing = this.siblings(item).find((one) => one.box === chosen.box) ?? { chosen };
    this.actions(true);
    this.panel.choose(null);
    const without = { ...image, ...withoutBox(image, chosen.box) };
    this.viewer.show(sceneOf(item, without, { classes: this.session.classes, siblings: this.siblings(item), others: this.others }));
    this.editor.start({ title: "Edit this label", xyxy: chosen.xyxy, label: chosen.label, removable: true, ...options });
    announce("Editing another label of the image. Enter saves");
    return true;
  }

  async removeChosen() {
    if (await this.edit()) this.editor.remove();
  }

  startDraw() {
    if (!this.image) { toast("There is no image to draw in."); return false; }
    this.editing = null;
    this.drawnIn = this.image.row;
    this.actions(true);
    const label = this.lastDrawn ?? this.item?.label ?? (this.item && fixOf(this.item)?.label) ?? null;
    this.editor.start({ title: "Draw a missing {class}", xyxy: null, label, removable: false });
    announce(`Drag on the image, or press an arrow key to place a box${label === null ? "" : ` of class ${this.session.classes[label]}`}; C changes the class`);
    return true;
  }

  actions(hidden) {
    byId("actions").hidden = hidden;
  }

  async saveEdit({ xyxy, label, removed }) {
    this.actions(false);
    const item = this.editing;
    if (!item) { await this.saveDrawn(xyxy, label); return; }
    this.editing = null;
    if (item.chosen) { await this.saveNeighbour(item.chosen, { xyxy, label, removed }); return; }
    if (!removed && item.box !== null && label === item.label && String(xyxy) === String(item.xyxy)) {
      toast("Nothing was changed. Reject the finding if the label is right.");
      this.show({ focus: false });
      return;
    }
    const fix = removed ? { kind: "drop" } : { kind: item.box === null ? "add" : "change", xyxy, ...sentClass(this.session, label) };
    this.decide([[item, "edit", fix]]);
    if (item === this.item) await this.next();
    else { this.neighbours.choose(null); this.show({ focus: false }); }
  }

  // A label that no finding is about: what was changed becomes a finding of its own.
  async saveNeighbour({ box, xyxy: before, label: was }, { xyxy, label, removed }) {
    if (!removed && label === was && String(xyxy) === String(before)) {
      toast("Nothing was changed.");
      this.show({ focus: false });
      return;
    }
    const fix = removed ? { kind: "drop" } : { kind: "change", xyxy, ...sentClass(this.session, label) };
    await this.addItem("/api/changes", { box, fix }, fix, removed ? "Label removed" : "Label changed");
  }

  async addItem(path, body, fix, words) {
    try {
      const answer = await this.saver.send(path, body);
      const { item } = answer;
      const known = this.deck.items.find((one) => one.id === item.id);
      if (known) Object.assign(known, item);
      else { this.deck.items.splice(this.deck.position, 0, item); this.deck.position += 1; }
      this.history.add([[known ?? item, fix ? "edit" : "accept", fix, null, false]]);
      this.progressed(answer.progress);
      toast(words);
    } finally {
      this.show({ focus: false });
    }
  }

  async saveDrawn(xyxy, label) {
    this.lastDrawn = label;
    await this.addItem("/api/boxes", { image: this.drawnIn, ...sentClass(this.session, label), xyxy }, null, "Box added");
  }
}
