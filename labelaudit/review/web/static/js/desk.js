// One finding at a time: what is shown, and what becomes of a decision.

import { Deck } from "./deck.js";
import { afterFrame, announce, byId, counted, toast, visible } from "./dom.js";
import { Editor } from "./editor.js";
import { Panel, fixOf, focusOf, sceneOf, stateText } from "./panel.js";
import { arrived, imageOf, prefetch } from "./images.js";
import { Viewer } from "./viewer.js";

const STATE_OF = { accept: "accepted", reject: "rejected", skip: "skipped", edit: "edited" };

export class Desk {
  constructor(session, saver, { progressed, ended }) {
    this.session = session;
    this.saver = saver;
    this.progressed = progressed; // told the server's progress after a decision
    this.ended = ended; // told when nothing is left
    this.after = false;
    this.others = true;
    this.opening = null; // while the editor waits for its image: whether it opened; keys wait for that
    this.undoable = []; // lists of findings that were decided together, last one last
    this.viewer = new Viewer(byId("canvas"));
    this.panel = new Panel(session, { chosen: (item) => this.goTo(item) });
    this.editor = new Editor(this.viewer, {
      classes: session.classes,
      saved: (edit) => this.saveEdit(edit),
      closed: () => { this.editing = null; this.actions(false); this.show(); },
    });
  }

  async begin(order, filter, first) {
    this.deck = new Deck(order, filter, first);
    this.image = null;
    await this.deck.fill();
  }

  get item() {
    return this.deck.current;
  }

  // Show the finding in hand; the panel at once, its image as soon as it is there.
  show({ focus = true } = {}) {
    const { item } = this;
    if (!item) { this.ended(); return; }
    byId("desk").hidden = false;
    byId("done").hidden = true;
    const hasArrived = arrived(item.image); // first of all that is asked for; the rest would delay it
    this.panel.show(item, this.siblings(item), hasArrived);
    byId("image-name").textContent = item.image_name === null ? "" : visible(item.image_name).slice(-200);
    if (focus) announce(`${item.name}. ${visible(item.message).slice(0, 300)} ${stateText(item)}`);
    if (item.image === null) this.nothingToShow("This finding is about the labels, not about an image.");
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
      byId("not-shown").hidden = image.shown;
      byId("not-shown").textContent = image.shown ? "" : `Image not shown: ${image.reason}`;
      this.paint(focus);
    } catch (error) {
      if (this.item === item) this.nothingToShow(`The image could not be asked for: ${error.message}`);
    }
  }

  nothingToShow(reason) {
    this.image = null;
    byId("stage").classList.add("empty");
    this.viewer.scene = null;
    this.viewer.draw();
    byId("not-shown").hidden = false;
    byId("not-shown").textContent = reason;
  }

  paint(focus = false) {
    if (!this.image || !this.item) return;
    const scene = sceneOf(this.item, this.image, {
      classes: this.session.classes, siblings: this.siblings(this.item), after: this.after, others: this.others,
    });
    this.viewer.show(scene, focus ? focusOf(this.item) : null);
  }

  zoomToBox() {
    const focus = this.item && focusOf(this.item);
    if (focus && this.image) this.viewer.zoomTo(focus);
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
  decide(pairs) {
    const sent = pairs.map(([item, verdict, fix]) => {
      item.pending = STATE_OF[verdict];
      return { item: item.id, verdict, fix: fix ?? null, seen: item.decision };
    });
    this.undoable.push(pairs.map(([item]) => item));
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
    const items = this.undoable.pop() || [];
    try {
      const answer = await this.saver.send("/api/undo", { items: items.map((item) => item.id) });
      this.progressed(answer.progress);
      if (!answer.items.length) { toast("Nothing to undo"); return []; }
      for (const item of answer.items) this.deck.goTo(item);
      toast(`Undone: ${counted(answer.items.length, "decision")}`);
      return answer.items;
    } catch {
      return [];
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

  startDraw() {
    if (!this.image) { toast("There is no image to draw in."); return false; }
    this.editing = null;
    this.drawnIn = this.image.row;
    this.actions(true);
    this.editor.start({ title: "Draw a missing box", xyxy: null, label: this.lastDrawn ?? null, removable: false });
    announce("Drag on the image, or press an arrow key to place a box");
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
    if (!removed && item.box !== null && label === item.label && String(xyxy) === String(item.xyxy)) {
      toast("Nothing was changed. Reject the finding if the label is right.");
      this.show({ focus: false });
      return;
    }
    const fix = removed ? { kind: "drop" } : { kind: item.box === null ? "add" : "change", xyxy, label };
    this.decide([[item, "edit", fix]]);
    await this.next();
  }

  async saveDrawn(xyxy, label) {
    this.lastDrawn = label;
    try {
      const answer = await this.saver.send("/api/boxes", { image: this.drawnIn, label, xyxy });
      this.deck.items.splice(this.deck.position, 0, answer.item);
      this.deck.position += 1;
      this.undoable.push([answer.item]);
      this.progressed(answer.progress);
      toast("Box added");
    } finally {
      this.show({ focus: false });
    }
  }
}
