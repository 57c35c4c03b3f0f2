// The image and its boxes on a canvas: zoom, pan, tiles at full resolution.
// Positions are image pixels unless a name says `screen`; screen positions are CSS pixels.

import { shortened } from "./dom.js";

const TILES_KEPT = 48;
const MOST_ZOOM = 40;
const CLICK = 5; // CSS pixels; who moves farther pans
// Screen pixels for one of the image, unless somebody asks for more: around a tiny box there must be something to see.
const MOST_ZOOM_AT_FIRST = 4;
const TOOLS = { width: 340, height: 62 }; // CSS pixels that the buttons over the image take, lower right
const NAME_WIDTH = 230; // and the image's name, lower left

export const COLOURS = {
  chosen: "#ffffff",
  finding: "#ff9f1c",
  compared: "#4cc9f0",
  fix: "#38d39f",
  gone: "#ff5d5d",
};

export class Viewer {
  constructor(canvas, { moved = () => {} } = {}) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.moved = moved;
    this.scene = null; // { row, width, height, tile, address, whole, boxes: [{xyxy, colour, dash, text, wide}] }
    this.whole = null;
    this.tiles = new Map();
    this.width = 0; // CSS pixels of the canvas; asked for in a key's way, they would have the page laid out twice
    this.height = 0;
    this.scale = 1;
    this.left = 0; // the image position at the canvas's left and top edge
    this.top = 0;
    this.tool = null; // takes pointers before panning does: the editor
    this.clicked = () => {}; // told where somebody pressed and let go, without a tool
    this.hovered = () => {}; // told where the pointer is; null: away
    this.pointers = new Map();
    this.pending = false;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.listen();
  }

  resize() {
    const fitted = this.scene && this.placed && Math.abs(this.scale - this.fitScale()) < 1e-6;
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    if (this.scene && !this.placed) this.place(this.focus);
    else if (fitted) this.fit();
    this.paint(); // in this frame: with its size, a canvas loses what is on it
    this.moved();
  }

  // Show another image, or the same with other boxes; `focus` is the box to look at.
  show(scene, focus) {
    const another = !this.scene || this.scene.row !== scene.row;
    this.scene = scene;
    if (another) {
      this.tiles.clear();
      this.whole = scene.whole;
      this.painted = false;
      if (this.whole && !this.whole.complete) this.whole.addEventListener("load", () => this.draw());
    }
    if (another || focus) this.place(focus);
    this.draw();
  }

  // The whole image where the box is large enough in it to be judged, else the box with its surroundings.
  place(focus) {
    this.focus = focus; // again once there is a size, if the canvas is not shown yet
    if (!this.width) { this.placed = false; return; }
    this.fit();
    const { width, height } = this.scene;
    // A box outside of the image is not zoomed to: there is nothing to be seen.
    if (!focus || focus[2] < 0 || focus[3] < 0 || focus[0] > width || focus[1] > height) return;
    const side = Math.max(focus[2] - focus[0], focus[3] - focus[1]) * this.scale;
    if (side < Math.min(this.width, this.height) / 9) this.zoomTo(focus, MOST_ZOOM_AT_FIRST);
    this.clear(focus);
  }

  // Up, if the box would lie under the name or the buttons in the lower corners.
  clear(focus) {
    const [left] = this.toScreen(focus[0], focus[1]);
    const [right, bottom] = this.toScreen(focus[2], focus[3]);
    const above = bottom - (this.height - TOOLS.height);
    const under = right > this.width - TOOLS.width || left < NAME_WIDTH;
    if (above > 0 && under) this.top += Math.min(above, TOOLS.height) / this.scale;
  }

  // No empty stage beside an image that could fill it, unless a box reaches out of the image.
  within([left, top, right, bottom]) {
    const bounded = (start, extent, low, high) => (extent < high - low ? Math.min(Math.max(start, low), high - extent) : start);
    this.left = bounded(this.left, this.width / this.scale, Math.min(0, left), Math.max(this.scene.width, right));
    this.top = bounded(this.top, this.height / this.scale, Math.min(0, top), Math.max(this.scene.height, bottom));
  }

  fitScale() {
    const margin = 24;
    return Math.min((this.width - margin) / this.scene.width, (this.height - margin) / this.scene.height);
  }

  fit() {
    this.scale = Math.max(1e-4, this.fitScale());
    this.left = (this.scene.width - this.width / this.scale) / 2;
    this.top = (this.scene.height - this.height / this.scale) / 2;
    this.placed = true;
    this.draw();
  }

  zoomTo([left, top, right, bottom], most = MOST_ZOOM) {
    const side = Math.max(right - left, bottom - top, 4);
    const wanted = Math.min(this.width, this.height) / (side * 3.2);
    this.scale = Math.min(MOST_ZOOM, Math.max(this.fitScale(), Math.min(wanted, most)));
    this.left = (left + right - this.width / this.scale) / 2;
    this.top = (top + bottom - this.height / this.scale) / 2;
    this.within([left, top, right, bottom]);
    this.placed = true;
    this.draw();
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(MOST_ZOOM, Math.max(this.fitScale() / 2, this.scale * factor));
    this.left += x / this.scale - x / scale;
    this.top += y / this.scale - y / scale;
    this.scale = scale;
    this.draw();
  }

  pan(x, y) {
    this.left -= x / this.scale;
    this.top -= y / this.scale;
    this.draw();
  }

  toImage(x, y) {
    return [this.left + x / this.scale, this.top + y / this.scale];
  }

  toScreen(x, y) {
    return [(x - this.left) * this.scale, (y - this.top) * this.scale];
  }

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
      this.moved();
    });
  }

  paint() {
    const { context, canvas, scene } = this;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    if (!scene || !this.placed) return;
    const [x, y] = this.toScreen(0, 0);
    const width = scene.width * this.scale;
    const height = scene.height * this.scale;
    context.imageSmoothingEnabled = this.scale * ratio < 6;
    context.fillStyle = "rgba(128, 128, 128, 0.25)";
    context.fillRect(x, y, width, height);
    if (this.whole && this.whole.complete && this.whole.naturalWidth) {
      context.drawImage(this.whole, x, y, width, height);
      this.paintTiles(ratio);
      if (!this.painted) performance.mark("image painted");
      canvas.dataset.painted = scene.row;
      this.painted = true;
    }
    for (const box of scene.boxes) this.paintBox(box);
    if (this.tool) this.tool.paint(context);
  }

  // Where the whole image, as it was sent, has fewer pixels than the screen, tiles of the image itself.
  paintTiles(ratio) {
    const { scene, canvas } = this;
    const known = this.whole.naturalWidth / scene.width;
    if (known >= 1 || this.scale * ratio <= known * 1.15) return;
    const shrink = 2 ** Math.max(0, Math.min(3, Math.floor(Math.log2(1 / (this.scale * ratio)))));
    const side = scene.tile * shrink;
    const [right, bottom] = this.toImage(this.width, this.height);
    const columns = [Math.max(0, Math.floor(this.left / side)), Math.min(Math.ceil(scene.width / side), Math.ceil(right / side))];
    const lines = [Math.max(0, Math.floor(this.top / side)), Math.min(Math.ceil(scene.height / side), Math.ceil(bottom / side))];
    for (let line = lines[0]; line < lines[1]; line += 1) {
      for (let column = columns[0]; column < columns[1]; column += 1) this.paintTile(shrink, column, line);
    }
  }

  paintTile(shrink, column, line) {
    const { scene } = this;
    const address = `${scene.address}/tiles/${shrink}/${column}/${line}`;
    let tile = this.tiles.get(address);
    if (!tile) {
      tile = new Image();
      tile.onload = () => this.draw();
      tile.src = address;
    }
    this.tiles.delete(address); // to the end of the map: the last to be let go
    this.tiles.set(address, tile);
    if (this.tiles.size > TILES_KEPT) this.tiles.delete(this.tiles.keys().next().value);
    if (!tile.complete || !tile.naturalWidth) return;
    const side = scene.tile * shrink;
    const [x, y] = this.toScreen(column * side, line * side);
    const width = Math.min(side, scene.width - column * side) * this.scale;
    const height = Math.min(side, scene.height - line * side) * this.scale;
    this.context.drawImage(tile, x, y, width, height);
  }

  paintBox({ xyxy, colour, dash = [], text = "", wide = 1.5, below = false }) {
    const { context } = this;
    const [x, y] = this.toScreen(xyxy[0], xyxy[1]);
    const [right, bottom] = this.toScreen(xyxy[2], xyxy[3]);
    if (right < -50 || bottom < -50 || x > this.width + 50 || y > this.height + 50) return;
    context.setLineDash(dash);
    context.lineWidth = wide + 2;
    context.strokeStyle = `rgba(0, 0, 0, ${wide > 1 ? 0.55 : 0.3})`; // many thin ones would hide the image
    context.strokeRect(x, y, right - x, bottom - y);
    context.lineWidth = wide;
    context.strokeStyle = colour;
    context.strokeRect(x, y, right - x, bottom - y);
    context.setLineDash([]);
    if (text) this.paintText(shortened(text, 36), x, below ? bottom : y, { colour, below });
  }

  // At the corner of a box: above its upper edge, or below its lower one.
  paintText(text, x, y, { colour, below }) {
    const { context } = this;
    context.font = "600 12px system-ui, sans-serif";
    const width = context.measureText(text).width + 10;
    const at = Math.max(0, Math.min(x - 1, this.width - width));
    const line = below ? Math.min(y + 2, this.height - 17) : y > 20 ? y - 19 : y + 2;
    context.fillStyle = "rgba(16, 18, 24, 0.82)";
    context.fillRect(at, line, width, 17);
    context.fillStyle = colour;
    context.direction = "ltr";
    context.fillText(text, at + 5, line + 13);
  }

  // Mouse, pen and fingers: one pans, two zoom; the tool comes first.
  listen() {
    const { canvas } = this;
    const place = (event) => {
      const bounds = canvas.getBoundingClientRect();
      return [event.clientX - bounds.left, event.clientY - bounds.top];
    };
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (!this.scene) return;
      const lines = event.deltaMode === 1 ? 16 : 1;
      this.zoom(Math.exp(-event.deltaY * lines * 0.0016), ...place(event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.scene || event.button > 1) return;
      canvas.setPointerCapture(event.pointerId);
      canvas.focus({ preventScroll: true });
      this.pointers.set(event.pointerId, place(event));
      this.pressed = this.pointers.size === 1 && !this.tool ? place(event) : null;
      if (this.pointers.size === 1 && this.tool && event.button === 0) this.tool.down(...place(event));
      if (this.pointers.size === 2 && this.tool) this.tool.up();
    });
    canvas.addEventListener("pointermove", (event) => {
      const now = place(event);
      const before = this.pointers.get(event.pointerId);
      if (!before) {
        canvas.style.cursor = this.tool ? this.tool.cursor(...now) : "grab";
        this.hovered(...now);
        return;
      }
      if (this.pressed && Math.hypot(now[0] - this.pressed[0], now[1] - this.pressed[1]) > CLICK) this.pressed = null;
      if (this.pointers.size === 2) this.pinch(event.pointerId, now);
      else if (!(this.tool && this.tool.move(...now))) this.pan(now[0] - before[0], now[1] - before[1]);
      this.pointers.set(event.pointerId, now);
    });
    const lift = (event) => {
      this.pointers.delete(event.pointerId);
      if (this.tool) this.tool.up();
    };
    canvas.addEventListener("pointerup", (event) => {
      if (this.pressed && this.scene && event.button === 0) this.clicked(...this.pressed);
      this.pressed = null;
      lift(event);
    });
    canvas.addEventListener("pointerleave", () => this.hovered(null, null));
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener("dblclick", (event) => { if (this.scene && !this.tool) this.zoom(2, ...place(event)); });
  }

  pinch(id, now) {
    const [other] = [...this.pointers].filter(([pointer]) => pointer !== id).map(([, at]) => at);
    const before = this.pointers.get(id);
    const length = ([x, y]) => Math.hypot(x - other[0], y - other[1]) || 1;
    const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.zoom(length(now) / length(before), ...middle);
  }
}
