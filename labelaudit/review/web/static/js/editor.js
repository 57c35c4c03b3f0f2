// Editing a box: by mouse or touch on the canvas, by arrow keys, its class by typing.

import { byId, element, visible, shortened, announce } from "./dom.js";
import { COLOURS } from "./viewer.js";

const HANDLE = 9; // CSS pixels around a handle in which it is caught
const STEP = 1;
const FINE = 0.2;
const MOST_SHOWN = 60; // classes in the list at once

const EDGES = { n: [1], s: [3], w: [0], e: [2], nw: [0, 1], ne: [2, 1], sw: [0, 3], se: [2, 3] };

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
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    byId("editor-cancel").addEventListener("click", () => this.close());
    byId("editor-delete").addEventListener("click", () => this.remove());
    this.input.addEventListener("input", () => { this.highlighted = 0; this.suggest(); });
    this.input.addEventListener("focus", () => this.input.select());
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
    byId("editor-title").textContent = title;
    byId("editor-delete").hidden = !removable;
    this.input.value = label === null || label === undefined ? "" : visible(this.classes[label]);
    this.hideList();
    this.form.hidden = false;
    this.viewer.tool = this;
    this.note();
    if (atClass) this.input.focus();
    else this.viewer.canvas.focus({ preventScroll: true });
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
    this.viewer.tool = null;
  }

  save() {
    if (!this.list.hidden) this.choose(this.matches()[this.highlighted || 0]);
    if (!this.xyxy) { announce("Draw the box first"); return; }
    if (this.label === null || this.label === undefined) { this.input.focus(); announce("Choose a class"); return; }
    this.leave();
    this.saved({ xyxy: this.xyxy, label: this.label, removed: false });
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

  // A box within the image, its corners in order, at least a fifth of a pixel large.
  set(xyxy) {
    const { width, height } = this.viewer.scene;
    const bound = (value, limit) => Math.round(Math.min(Math.max(value, 0), limit) * 100) / 100;
    const [a, b, c, d] = xyxy;
    this.xyxy = [bound(Math.min(a, c), width), bound(Math.min(b, d), height), bound(Math.max(a, c), width), bound(Math.max(b, d), height)];
    this.note();
  }

  shift(x, y) {
    const { width, height } = this.viewer.scene;
    const [left, top, right, bottom] = this.xyxy;
    const dx = Math.min(Math.max(x, -left), width - right);
    const dy = Math.min(Math.max(y, -top), height - bottom);
    this.set([left + dx, top + dy, right + dx, bottom + dy]);
  }

  // Arrow keys; anything else is not ours.
  key(event) {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
    if (!x && !y) return false;
    const step = event.altKey ? FINE : STEP;
    if (!this.xyxy) this.placeInView();
    else if (event.shiftKey) {
      const [left, top, right, bottom] = this.xyxy;
      this.set([left, top, Math.max(left + FINE, right + x * step), Math.max(top + FINE, bottom + y * step)]);
    } else this.shift(x * step, y * step);
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
    const [left, top] = this.viewer.toScreen(this.xyxy[0], this.xyxy[1]);
    const [right, bottom] = this.viewer.toScreen(this.xyxy[2], this.xyxy[3]);
    if (x < left - HANDLE || x > right + HANDLE || y < top - HANDLE || y > bottom + HANDLE) return null;
    const near = (a, b) => Math.abs(a - b) <= HANDLE;
    const vertical = near(y, bottom) ? "s" : near(y, top) ? "n" : "";
    const horizontal = near(x, right) ? "e" : near(x, left) ? "w" : "";
    return vertical + horizontal || "inside";
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
    const [dx, dy] = this.viewer.toImage(x, y).map((value, axis) => value - this.drag.at[axis]);
    const box = [...this.drag.from];
    if (this.drag.part === "inside") {
      this.xyxy = [...this.drag.from];
      this.shift(dx, dy);
      return true;
    }
    for (const side of EDGES[this.drag.part]) box[side] += side % 2 ? dy : dx;
    this.set(box);
    return true;
  }

  up() {
    if (this.drag && this.xyxy) announce(byId("editor-box").textContent);
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
    const typed = this.input.value.trim().toLowerCase();
    const rows = this.classes.map((name, row) => [name.toLowerCase(), row]);
    const first = rows.filter(([name]) => name.startsWith(typed));
    const second = rows.filter(([name]) => typed && !name.startsWith(typed) && name.includes(typed));
    return [...first, ...second].slice(0, MOST_SHOWN).map(([, row]) => row);
  }

  suggest() {
    const options = this.matches().map((row, place) => element("li", {
      role: "option", id: `class-${row}`, "aria-selected": String(place === (this.highlighted || 0)),
      onpointerdown: (event) => { event.preventDefault(); this.choose(row); },
    }, element("bdi", {}, shortened(this.classes[row], 60))));
    this.list.replaceChildren(...options);
    this.list.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    const active = this.list.querySelector('[aria-selected="true"]');
    if (active) { this.input.setAttribute("aria-activedescendant", active.id); active.scrollIntoView({ block: "nearest" }); }
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
    if (this.label !== null && this.label !== undefined) this.input.value = visible(this.classes[this.label]);
  }

  choose(row) {
    if (row === undefined) return;
    this.label = row;
    this.input.value = visible(this.classes[row]);
    this.hideList();
    announce(`Class ${shortened(this.classes[row], 60)}`);
    this.viewer.draw();
  }

  inputKey(event) {
    const count = this.matches().length;
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
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      this.choose(this.matches()[this.highlighted || 0]);
      if (this.atClass) this.save();
      else this.viewer.canvas.focus();
    }
  }
}
