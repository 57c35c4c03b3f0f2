// Editing a box: by mouse or touch on the canvas, by arrow keys, its class by typing.

import { post } from "./api.js";
import { Steps } from "./history.js";
import { FINE, STEP, bounded, dragged, partAt, resized, rowsMatching, shifted } from "./box_shapes.js";
import { byId, element, visible, shortened, announce } from "./dom.js";
import { distinct, faultOfClass, rowCalled } from "./new_class.js";
import { COLOURS } from "./viewer.js";

const NEW = -1; // in the list: the class that is typed and does not exist
const HANDLE = 9; // CSS pixels around a handle in which it is caught
const MOST_SHOWN = 60; // classes in the list at once

export class Editor {
  constructor(viewer, { classes, saved, closed }) {
    this.viewer = viewer;
    this.classes = classes;
    this.saved = saved; // told { xyxy, label, removed }
    this.closed = closed;
    this.xyxy = null;
    this.form = byId("editor");
    this.input = byId("class-input");
    this.list = byId("class-list");
    this.fault = byId("editor-fault");
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    this.input.addEventListener("input", () => { this.highlighted = 0; this.say(this.faultOfTyped(), this.input, false); this.suggest(); });
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("click", () => this.input.select()); // the press that focuses it ends with the caret somewhere
    this.input.addEventListener("blur", () => this.leaveInput());
    this.input.addEventListener("keydown", (event) => this.inputKey(event));
  }

  get open() {
    return !this.form.hidden;
  }

  // Start with a box, or without one: then the next drag draws it. `atClass` asks for nothing but the class.
  start({ title, xyxy, label, removable, atClass = false }) {
    this.atClass = atClass;
    this.xyxy = xyxy ? [...xyxy] : null;
    this.label = label;
    this.drag = null;
    this.steps = new Steps(this.xyxy);
    this.title = title;
    this.say("");
    this.entitle();
    byId("editor-delete").hidden = !removable;
    this.input.value = label === null || label === undefined ? "" : visible(this.classes[label]);
    this.hideList();
    this.form.hidden = false;
    this.viewer.tool = this;
    this.note();
    if (atClass) this.input.focus();
    else this.viewer.canvas.focus({ preventScroll: true });
  }

  // The title names the class of a box that is drawn: it is what the next drag makes.
  entitle() {
    const known = this.label !== null && this.label !== undefined;
    byId("editor-title").textContent = this.title.replace("{class}", () => (known ? shortened(this.classes[this.label], 28) : "box"));
    byId("drawing").hidden = Boolean(this.xyxy) || !known;
    byId("drawing").textContent = known ? `Drawing ${shortened(this.classes[this.label], 40)} · C changes the class` : "";
  }

  // Why the box cannot be saved, where it is seen; `field` is the one that it is about.
  say(fault, field = null, focus = true) {
    this.fault.textContent = fault;
    this.fault.hidden = !fault;
    this.input.setAttribute("aria-invalid", String(Boolean(fault) && field === this.input));
    if (field && focus) field.focus({ preventScroll: true });
  }

  close() {
    this.leave();
    this.viewer.draw();
    this.closed();
  }

  leave() {
    // A hidden field keeps the focus until the next frame, and would swallow the keys until then.
    this.viewer.canvas.focus({ preventScroll: true });
    this.form.hidden = true;
    byId("drawing").hidden = true;
    this.viewer.tool = null;
  }

  async save() {
    if (this.naming) return; // a class that the server is asked for
    if (!this.list.hidden && !await this.choose(this.options()[this.highlighted || 0])) return;
    if (!this.xyxy) { this.say("There is no box yet: drag on the image, or press an arrow key.", this.viewer.canvas); return; }
    if (this.label === null || this.label === undefined) { this.say("Choose a class: type its beginning.", this.input); return; }
    this.leave();
    this.saved({ xyxy: this.xyxy, label: this.label, removed: false });
  }

  // What is wrong with what was typed, if only a new class can be meant by it.
  faultOfTyped() {
    return this.input.value.trim() && !this.matches().length ? faultOfClass(this.classes, this.input.value) : "";
  }

  // Back to a shape that the box had while it was edited, or forward again.
  undo() { this.shape(this.steps.move(-1), "There is nothing to undo in this edit"); }

  redo() { this.shape(this.steps.move(1), "There is nothing to do again"); }

  shape(xyxy, otherwise) {
    if (!xyxy) { announce(otherwise); return; }
    this.xyxy = [...xyxy];
    this.note();
    announce(byId("editor-box").textContent);
  }

  remove() {
    if (byId("editor-delete").hidden) return;
    this.leave();
    this.saved({ removed: true });
  }

  note() {
    const [left, top, right, bottom] = this.xyxy || [];
    byId("editor-box").textContent = this.xyxy
      ? `${(right - left).toFixed(1)} × ${(bottom - top).toFixed(1)} px at ${left.toFixed(1)}, ${top.toFixed(1)}`
      : "Drag on the image to draw the box, or press an arrow key to place one.";
    this.viewer.draw();
  }

  set(xyxy) {
    this.xyxy = bounded(xyxy, this.viewer.scene);
    if (!this.drag) this.steps.add([...this.xyxy]);
    this.say("");
    this.entitle();
    this.note();
  }

  // Arrow keys; anything else is not ours.
  key(event) {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
    if (!x && !y) return false;
    const step = event.altKey ? FINE : STEP;
    if (!this.xyxy) this.placeInView();
    else this.set((event.shiftKey ? resized : shifted)(this.xyxy, x * step, y * step, this.viewer.scene));
    announce(byId("editor-box").textContent);
    return true;
  }

  placeInView() {
    const { width, height } = this.viewer;
    const [x, y] = this.viewer.toImage(width / 2, height / 2);
    const side = Math.min(width, height) / this.viewer.scale / 8;
    this.set([x - side, y - side, x + side, y + side]);
  }

  // What of the box is under a screen position: an edge or corner, its inside, or nothing.
  under(x, y) {
    if (!this.xyxy) return null;
    const [left, top, right, bottom] = this.xyxy;
    return partAt([x, y], [...this.viewer.toScreen(left, top), ...this.viewer.toScreen(right, bottom)], HANDLE);
  }

  cursor(x, y) {
    const part = this.under(x, y);
    if (!part) return this.xyxy ? "grab" : "crosshair";
    return part === "inside" ? "move" : `${part}-resize`;
  }

  down(x, y) {
    const part = this.under(x, y);
    if (part) this.drag = { part, at: this.viewer.toImage(x, y), from: [...this.xyxy] };
    else if (!this.xyxy) this.drag = { part: "se", at: this.viewer.toImage(x, y), from: [...this.viewer.toImage(x, y), ...this.viewer.toImage(x, y)] };
    else this.drag = null;
  }

  // Whether the pointer changes the box; else it pans the image.
  move(x, y) {
    if (!this.drag) return false;
    const moved = this.viewer.toImage(x, y).map((value, axis) => value - this.drag.at[axis]);
    this.set(dragged(this.drag.from, this.drag.part, moved, this.viewer.scene));
    return true;
  }

  up() {
    if (this.drag && this.xyxy) { announce(byId("editor-box").textContent); this.steps.add([...this.xyxy]); }
    this.drag = null;
    if (this.xyxy && (this.label === null || this.label === undefined)) this.input.focus();
  }

  paint(context) {
    if (!this.xyxy) return;
    const text = this.label === null || this.label === undefined ? "" : this.classes[this.label];
    this.viewer.paintBox({ xyxy: this.xyxy, colour: COLOURS.fix, text, wide: 2 });
    const [left, top, right, bottom] = this.xyxy;
    const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
    for (const [x, y] of [[left, top], [middle, top], [right, top], [left, centre], [right, centre], [left, bottom], [middle, bottom], [right, bottom]]) {
      const [a, b] = this.viewer.toScreen(x, y);
      context.fillStyle = "#0d1b14";
      context.fillRect(a - 5, b - 5, 10, 10);
      context.fillStyle = COLOURS.fix;
      context.fillRect(a - 3.5, b - 3.5, 7, 7);
    }
  }

  // Rows of the classes that begin with what was typed, then those that contain it.
  matches() {
    const rows = distinct(this.classes);
    return rowsMatching(rows.map((row) => this.classes[row]), this.input.value, MOST_SHOWN).map((place) => rows[place]);
  }

  // What can be chosen: these, and what was typed as a new class, where none is called so.
  options() {
    const typed = this.input.value.trim();
    return typed && rowCalled(this.classes, typed) < 0 ? [...this.matches(), NEW] : this.matches();
  }

  suggest() {
    const options = this.options().map((row, place) => element("li", {
      role: "option", id: `class-${row}`, "aria-selected": String(place === (this.highlighted || 0)), class: row === NEW ? "new" : null,
      onpointerdown: (event) => { event.preventDefault(); this.choose(row); },
    }, row === NEW ? "New class " : "", element("bdi", {}, shortened(row === NEW ? this.input.value.trim() : this.classes[row], 60))));
    this.list.replaceChildren(...options);
    this.list.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    const active = this.list.querySelector('[aria-selected="true"]');
    if (active) { this.input.setAttribute("aria-activedescendant", active.id); active.scrollIntoView({ block: "nearest" }); }
    else this.input.removeAttribute("aria-activedescendant");
  }

  hideList() {
    this.list.hidden = true;
    this.highlighted = 0;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  // What was typed and not chosen is no class: the box keeps the one that it has.
  leaveInput() {
    this.hideList();
    if (this.naming) return; // else what is asked for would be gone from the field
    if (this.label !== null && this.label !== undefined) this.input.value = visible(this.classes[this.label]);
  }

  // Take a class; whether there is one now. A new one is asked of the server, which knows what the labels can hold.
  async choose(row) {
    if (row === undefined) return false;
    if (row === NEW) return this.nameClass(this.input.value.trim());
    this.label = row;
    this.input.value = visible(this.classes[row]);
    this.hideList();
    this.say("");
    this.entitle();
    announce(`Class ${shortened(this.classes[row], 60)}`);
    this.viewer.draw();
    return true;
  }

  async nameClass(name) {
    const fault = faultOfClass(this.classes, name);
    if (fault) { this.say(fault, this.input); return false; }
    this.naming = true;
    this.input.setAttribute("aria-busy", "true");
    try {
      const named = await post("/api/classes", { name });
      this.classes[named.label] = named.name;
      if (!this.open) return false; // it was left in the meantime
      return this.choose(named.label);
    } catch (error) {
      if (this.open) this.say(`“${shortened(name, 40)}” can be no class: ${error.message}`, this.input);
      return false;
    } finally {
      this.naming = false;
      this.input.removeAttribute("aria-busy");
    }
  }

  inputKey(event) {
    const count = this.options().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.highlighted = this.list.hidden ? 0 : ((this.highlighted || 0) + step + count) % Math.max(1, count);
      this.suggest();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (this.list.hidden) this.close();
      else this.hideList();
    } else if (event.key === "Enter" && (this.naming || !this.list.hidden)) {
      event.preventDefault();
      if (!this.naming) this.take(this.options()[this.highlighted || 0]);
    }
  }

  // Take the class that is chosen in the list, and go on.
  async take(row) {
    if (!await this.choose(row)) return;
    if (this.atClass) this.save();
    else this.viewer.canvas.focus();
  }
}
