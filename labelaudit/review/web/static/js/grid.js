// A screen of crops of one kind: one key decides all of them, exceptions get the opposite.

import { afterFrame, announce, byId, counted, element, named, visible } from "./dom.js";
import { crop, cropAddress } from "./panel.js";

const CELL = 150; // CSS pixels of a cell's width, at least
const LARGEST = 336; // and where there are few
const SPACE = { gap: 12, caption: 20, padding: 32 }; // between cells, under a crop, around all of them
const MOST = 60;

// The box that a crop is made of.
function shownOf(item) {
  return item.image === null ? null : item.xyxy || (item.fix && item.fix.xyxy);
}

// The class that a finding is about; of a missing box, the proposed one.
function classOf(item) {
  return item.label ?? (item.fix ? item.fix.label : null);
}

// Have the crops of the next screen at hand.
function prefetch(items) {
  for (const item of items.filter(shownOf)) new Image().src = cropAddress(item.image, shownOf(item));
}

export class Grid {
  constructor(session, { decided, opened }) {
    this.session = session;
    this.decided = decided; // told [[item, verdict], ...]
    this.opened = opened; // told a finding that is to be looked at by itself
    this.items = [];
    this.exceptions = new Set();
    this.place = 0;
    this.crops = byId("crops");
  }

  // How many cells of at least this width fit on the screen, in all their height: one key decides all of them.
  fit(width) {
    const { clientWidth, clientHeight } = this.crops;
    const [across, down] = [clientWidth, clientHeight].map((length) => length - SPACE.padding + SPACE.gap);
    const columns = Math.max(1, Math.floor(across / (width + SPACE.gap)));
    return columns * Math.max(1, Math.floor(down / (across / columns + SPACE.caption)));
  }

  get room() {
    return Math.min(MOST, this.fit(CELL));
  }

  // The largest cells with which so many fit.
  fitting(count) {
    let width = LARGEST;
    while (width > CELL && this.fit(width) < count) width -= 16;
    return Math.max(CELL, width);
  }

  // Of the findings that come next, those of the first one's kind.
  show(items) {
    const [first] = items;
    // Of classes themselves, all stand on one screen: no crop has to be compared with another.
    const kind = (item) => (item.image === null ? item.code : `${item.code} ${classOf(item)}`);
    byId("grid-title").textContent = first.name; // takes its room before the rest is shared out
    const alike = items.filter((item) => kind(item) === kind(first));
    this.items = alike.slice(0, this.room);
    this.exceptions.clear();
    this.place = 0;
    const label = classOf(first) === null || first.image === null ? null : this.session.classes[classOf(first)];
    byId("grid-title").replaceChildren(`${counted(this.items.length, "finding")}${alike.length > this.items.length ? " on this screen" : ""}: ${first.name}`, ...(label ? [" · ", named(label, 40)] : []));
    this.size = this.fitting(this.items.length);
    this.crops.style.setProperty("--cell", `${this.size}px`);
    this.crops.replaceChildren(...this.items.map((item, place) => this.cell(item, place)));
    this.focus(0);
    afterFrame(() => prefetch(items.slice(this.items.length, 2 * this.items.length)));
    announce(`${counted(this.items.length, "finding")} of ${first.name}. ${visible(first.message).slice(0, 200)}`);
  }

  cell(item, place) {
    const title = visible(item.message).slice(0, 300);
    const button = element("button", {
      ondblclick: () => this.opened(item), class: "cell", "aria-pressed": "false", tabindex: place === 0 ? "0" : "-1", title,
      "aria-label": `${place + 1}: ${title}`, onclick: () => this.toggle(place),
    });
    const after = item.fix && item.fix.xyxy;
    const shown = shownOf(item);
    const boxes = [[item.other_xyxy, "compared"], [item.xyxy, item.fix && item.fix.kind === "drop" ? "gone" : "finding"], [after, "fixed"]];
    button.append(
      shown ? crop(item.image, shown, boxes, { side: this.size > 1.5 * CELL ? 320 : undefined }) : element("span", { class: "crop words" }, named(item.message, 140)),
      element("span", { class: "caption" }, ...this.becomes(item), named(item.image_name ?? item.name, 26)),
    );
    const open = element("button", { class: "open-crop", tabindex: "-1", title: "Open (Enter, or a double click)", "aria-label": `Open ${place + 1}`, onclick: () => this.opened(item) }, "⤢");
    return element("div", { class: "cell-frame" }, button, open);
  }

  // The button of a place, which says whether it is an exception.
  button(place) {
    return this.crops.children[place]?.firstElementChild ?? null;
  }

  open() {
    if (this.items[this.place]) this.opened(this.items[this.place]);
  }

  // What class a box would get, if another: on one screen, that may differ.
  becomes({ fix, label }) {
    if (!fix || fix.label === null || label === null || fix.label === label) return [];
    return [element("b", {}, "→ ", named(this.session.classes[fix.label] ?? "", 16)), " · "];
  }

  toggle(place) {
    const item = this.items[place];
    const is = !this.exceptions.has(item.id);
    if (is) this.exceptions.add(item.id);
    else this.exceptions.delete(item.id);
    this.button(place).setAttribute("aria-pressed", String(is));
    this.focus(place);
    announce(is ? `${place + 1} is an exception` : `${place + 1} is no exception`);
  }

  focus(place) {
    const cells = this.crops.children;
    if (!cells.length) return;
    this.button(this.place)?.setAttribute("tabindex", "-1");
    this.place = Math.min(Math.max(place, 0), cells.length - 1);
    this.button(this.place).setAttribute("tabindex", "0");
    this.button(this.place).focus({ preventScroll: false });
  }

  decide(verdict) {
    if (!this.items.length) return;
    const opposite = { accept: "reject", reject: "accept", skip: "skip" }[verdict];
    const items = this.items;
    this.items = [];
    this.decided(items.map((item) => [item, this.exceptions.has(item.id) ? opposite : verdict]));
  }

  // Arrow keys and Space; whether the key was ours.
  key(event) {
    const columns = Math.max(1, Math.round(this.crops.clientWidth / (this.crops.children[0]?.offsetWidth + 12 || CELL)));
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (step) this.focus(this.place + step);
    else if (event.key === " ") this.toggle(this.place);
    else return false;
    return true;
  }
}
