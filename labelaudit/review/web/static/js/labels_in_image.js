// The labels of an image beside the finding: their colours, what is under the pointer, the one that is chosen.

import { element, named, shortened, visible } from "./dom.js";

const NEAR = 5; // CSS pixels beside an edge that still are on the box

const LIGHT = [68, 54, 82]; // per cent: classes of nearly the same hue differ in it

// A colour for each class, far from those of its neighbours in the list; white where there is none.
export function classColour(label) {
  return label === null || label === undefined ? "rgb(255 255 255)" : `hsl(${(label * 137.5 + 200) % 360} 85% ${LIGHT[label % 3]}%)`;
}

// The smallest box at a position, as its place in a list of corners; -1 if there is none.
export function boxAt([x, y], boxes, reach) {
  let best = -1;
  let least = Infinity;
  boxes.forEach(([left, top, right, bottom], place) => {
    if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) return;
    const area = (right - left) * (bottom - top);
    if (area < least) { least = area; best = place; }
  });
  return best;
}

// Classes of an image with how many labels each has, most first: [[label, count], ...].
export function tally(labels) {
  const counts = new Map();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1]);
}

export class LabelsInImage {
  constructor(viewer, tip, { classes, chosen }) {
    this.viewer = viewer;
    this.tip = tip; // shows what is under the pointer
    this.classes = classes;
    this.chosenOne = chosen; // told the label that was chosen, or null
    this.labels = []; // [{ box, label, xyxy }] that can be chosen
    this.chosen = null;
    viewer.clicked = (x, y) => this.choose(this.at(x, y));
    viewer.hovered = (x, y) => this.hover(x, y);
  }

  // Another image, or the same with others to choose from; what was chosen stays chosen if it is there.
  show(image, hidden) {
    this.labels = image.boxes
      .map((box, place) => ({ box, label: image.labels[place], xyxy: image.xyxy[place] }))
      .filter(({ box }) => !hidden.has(box));
    this.chosen = (this.chosen && this.labels.find(({ box }) => box === this.chosen.box)) ?? null;
  }

  clear() {
    this.labels = [];
    this.chosen = null;
    this.tip.hidden = true;
  }

  name(label) {
    return label === null ? "a class that does not exist" : this.classes[label];
  }

  at(x, y) {
    const place = boxAt(this.viewer.toImage(x, y), this.labels.map(({ xyxy }) => xyxy), NEAR / this.viewer.scale);
    return place < 0 ? null : this.labels[place];
  }

  choose(label) {
    this.chosen = label && this.chosen && label.box === this.chosen.box ? null : label;
    this.chosenOne(this.chosen);
  }

  // The next one in reading order, by the keyboard.
  step(by) {
    if (!this.labels.length) return;
    const order = [...this.labels].sort((a, b) => a.xyxy[1] - b.xyxy[1] || a.xyxy[0] - b.xyxy[0]);
    const place = this.chosen ? order.findIndex(({ box }) => box === this.chosen.box) + by : by > 0 ? 0 : -1;
    this.chosen = order[(place + order.length) % order.length];
    this.chosenOne(this.chosen);
  }

  hover(x, y) {
    const label = x === null || this.viewer.tool ? null : this.at(x, y);
    this.tip.hidden = !label;
    if (!label) return;
    const [left, top, right, bottom] = label.xyxy;
    this.tip.textContent = `${shortened(this.name(label.label), 40)} · ${(right - left).toFixed(0)} × ${(bottom - top).toFixed(0)} px`;
    this.tip.style.left = `${Math.min(x + 14, this.viewer.width - this.tip.offsetWidth - 4)}px`;
    this.tip.style.top = `${Math.min(y + 14, this.viewer.height - this.tip.offsetHeight - 4)}px`;
  }
}

// Which classes the labels of an image have, with their colours.
export function legend(image, classes) {
  const rows = tally(image.labels).map(([label, count]) => element("li", {},
    swatch(label), named(label === null ? "no class" : classes[label], 26), element("span", { class: "code" }, count.toLocaleString("en"))));
  return rows.length ? element("div", { class: "legend" }, element("h2", {}, "Labels in this image"), element("ul", {}, ...rows)) : null;
}

export function swatch(label) {
  const made = element("span", { class: "swatch", "aria-hidden": "true" });
  made.style.background = classColour(label);
  return made;
}

export function labelWords({ label, xyxy }, classes) {
  const [left, top, right, bottom] = xyxy;
  return `${label === null ? "No class" : visible(classes[label])}, ${(right - left).toFixed(0)} × ${(bottom - top).toFixed(0)} px`;
}
