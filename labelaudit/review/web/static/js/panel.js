// What the panel says of a finding, what the canvas shows of it, and crops.

import { get } from "./api.js";
import { byId, counted, element, marked, named, present, shortened } from "./dom.js";
import { imagesAddress, wholeImage } from "./images.js";
import { classColour, labelWords, legend, swatch } from "./labels_in_image.js";
import { COLOURS } from "./viewer.js";

const STATES = { open: "Open", accepted: "Accepted", rejected: "Rejected", skipped: "Skipped", edited: "Edited" };
const CROP = 160; // pixels of a crop's side

export function stateText(item) {
  if (item.pending) return `${STATES[item.pending]}, being saved`;
  const by = item.reviewer ? ` by ${shortened(item.reviewer, 40)}` : "";
  return `${item.expert ? "For an expert, asked" : STATES[item.state]}${by}${item.obsolete ? ", no longer found" : ""}`;
}

// The fix that would be done: the reviewer's own, else the proposed one.
export function fixOf(item) {
  return item.edit || item.fix;
}

// What a reviewer's own fix does; a proposed one says it itself.
const OWN = {
  drop: "Remove this label.",
  add: "Add a box of class {class}.",
  change: "Change the box, and its class to {class}.",
};

export function fixText(item, classes) {
  const fix = fixOf(item);
  const editable = item.image !== null && item.xyxy;
  if (!fix) return `No fix is proposed. Accepting only says that the finding is right${editable ? "; edit to fix it" : ""}.`;
  const name = fix.label === null ? "" : shortened(classes[fix.label] ?? "", 40);
  return (fix.words || OWN[fix.kind] || fix.kind).replace("{class}", () => name);
}

// The other findings of its image whose fix will be done.
function doneBeside(item, siblings) {
  return siblings.filter((one) => one.id !== item.id && ["accepted", "edited"].includes(one.pending || one.state) && fixOf(one));
}

// The corners of a finding's box after its fix; null if that removes it.
function afterOf(one) {
  const fix = fixOf(one);
  return fix.removes || fix.kind === "drop" ? null : fix.xyxy || one.xyxy;
}

// Labels that are drawn in another way than as neighbours: those of the finding, and what a fix will change.
export function hiddenBeside(item, siblings) {
  return new Set([item.box, item.other, ...doneBeside(item, siblings).map((one) => one.box)]);
}

// The boxes to draw for a finding, before or after its fix.
export function sceneOf(item, image, { classes, siblings = [], after = false, others = true, chosen = null }) {
  const name = (label) => (label === null || label === undefined ? "" : classes[label]);
  const done = doneBeside(item, siblings);
  const boxes = done.filter((one) => afterOf(one)).map((one) => ({ xyxy: afterOf(one), colour: COLOURS.fix, wide: 1 }));
  const hidden = hiddenBeside(item, siblings);
  if (others) {
    for (let place = 0; place < image.boxes.length; place += 1) {
      if (!hidden.has(image.boxes[place])) boxes.push({ xyxy: image.xyxy[place], colour: classColour(image.labels[place]), wide: 1 });
    }
  }
  if (chosen) boxes.push({ xyxy: chosen.xyxy, colour: classColour(chosen.label), wide: 3, text: name(chosen.label) });
  if (item.other_xyxy) boxes.push({ xyxy: item.other_xyxy, colour: COLOURS.compared, dash: [6, 4], wide: 2, text: name(item.other_label), below: true });
  const fix = fixOf(item);
  const drops = fix && (fix.removes || fix.kind === "drop");
  if (item.xyxy && (!after || !fix || fix.kind === "add")) {
    const becomes = fix && fix.label !== null && fix.kind !== "add" && fix.label !== item.label ? ` → ${shortened(name(fix.label), 17)}` : "";
    const text = becomes ? shortened(name(item.label), 16) + becomes : name(item.label);
    boxes.push({ xyxy: item.xyxy, colour: drops ? COLOURS.gone : COLOURS.finding, wide: 2.5, text });
  }
  if (fix && !drops) {
    const xyxy = fix.xyxy || item.xyxy;
    const label = fix.label === null ? item.label : fix.label;
    const dash = after ? [] : [5, 4];
    if (xyxy && (after || fix.xyxy)) boxes.push({ xyxy, colour: COLOURS.fix, dash, wide: 2.5, text: after || fix.kind !== "move" ? name(label) : "" });
  }
  return {
    row: image.row, width: image.width, height: image.height, tile: image.tile,
    address: `${imagesAddress}/${image.row}`, whole: image.shown ? wholeImage(image.row) : null, boxes,
  };
}

// The part of the image that a person should look at.
export function focusOf(item) {
  const all = [item.xyxy, item.other_xyxy, fixOf(item) && fixOf(item).xyxy].filter(Boolean);
  if (!all.length) return null;
  return [Math.min(...all.map((b) => b[0])), Math.min(...all.map((b) => b[1])), Math.max(...all.map((b) => b[2])), Math.max(...all.map((b) => b[3]))];
}

// The part of an image that a crop shows of a box: what is around it, too.
function extentOf([left, top, right, bottom]) {
  const reach = Math.max(right - left, bottom - top, 16) * 0.9;
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return [x - reach, y - reach, x + reach, y + reach].map(Math.round);
}

export function cropAddress(row, xyxy, side = CROP) {
  const [left, top, right, bottom] = extentOf(xyxy);
  return `${imagesAddress}/${row}/crop?${new URLSearchParams({ left, top, right, bottom, side })}`;
}

// A crop around a box with boxes drawn on it; its size is known before the image arrives.
export function crop(row, xyxy, boxes, { alt = "", side = CROP } = {}) {
  const extent = extentOf(xyxy);
  const frame = element("span", { class: "crop" });
  const image = element("img", { src: cropAddress(row, xyxy, side), alt, draggable: "false" });
  image.addEventListener("error", () => frame.classList.add("missing"));
  frame.append(image, ...boxes.filter(([corners]) => corners).map(([corners, kind]) => drawn(corners, kind, extent)));
  return frame;
}

function drawn(corners, kind, extent) {
  const box = element("span", { class: `crop-box ${kind}` });
  const share = (length, axis) => `${(100 * length) / (extent[axis + 2] - extent[axis])}%`;
  box.style.left = share(corners[0] - extent[0], 0);
  box.style.top = share(corners[1] - extent[1], 1);
  box.style.width = share(corners[2] - corners[0], 0);
  box.style.height = share(corners[3] - corners[1], 1);
  return box;
}

const neighbours = new Map();

// Boxes of a class with their crops. These are made once: shown again, they are there at once.
function neighboursOf(label) {
  if (!neighbours.has(label)) {
    const asked = get(`/api/classes/${label}/examples`, { count: 10 }).then(({ examples }) => examples.map(({ image, box, xyxy }) => ({
      box, crop: crop(image, xyxy, [[xyxy, "plain"]]),
    })));
    asked.catch(() => neighbours.delete(label));
    neighbours.set(label, asked);
  }
  return neighbours.get(label);
}

// The classes whose boxes a finding is compared with: the proposed one, then the labelled one.
function comparedWith(item) {
  const fix = fixOf(item);
  return [...new Set([fix && fix.label, item.label])].filter((label) => label !== null && label !== undefined);
}

// What a probability says, in words.
export function likelyWords(item) {
  if (item.fix && item.fix.adds) return "likely that a label is missing here";
  return item.box === null ? "likely that something is wrong here" : "likely to be wrong";
}

export class Panel {
  constructor(session, { chosen }) {
    this.session = session;
    this.chosen = chosen; // told of a finding of the same image that was clicked
    this.body = byId("panel");
  }

  // The crops of other boxes are asked for once `ready`, a promise, is there.
  show(item, siblings, ready = Promise.resolve()) {
    const { classes, rules } = this.session;
    const rule = rules[item.code] || { summary: "", paragraphs: [] };
    this.body.replaceChildren(...present([
      element("div", { class: "head" },
        element("span", { class: `severity ${item.severity}` }, item.severity),
        element("span", { class: "code" }, item.code),
        element("span", { class: "state", "data-state": item.pending || item.state, id: "state" }, stateText(item))),
      element("h1", { title: rule.summary }, item.name),
      element("p", { class: "message" }, named(item.message, 600)),
      item.probability === null ? null : this.probability(item),
      this.noteOf(item),
      element("div", { class: "fix" },
        element("h2", {}, item.edit ? "Your fix" : "Proposed fix"),
        element("p", {}, named(fixText(item, classes), 200))),
      this.siblings(item, siblings),
      element("div", { id: "legend" }),
      ...this.examples(item, ready),
      rule.summary ? element("details", {}, element("summary", {}, "Why this matters"),
        element("p", {}, ...marked(rule.summary)), ...rule.paragraphs.map((text) => element("p", {}, ...marked(text)))) : null,
    ]));
  }

  // Another label of the image that was chosen; `own` is the finding about it, if there is one here.
  choose(chosen, own = null, { edit, remove, leave, goTo } = {}) {
    const card = byId("chosen");
    card.hidden = !chosen;
    if (!chosen) { card.replaceChildren(); return; }
    const button = (text, key, then, more = {}) => element("button", { onclick: then, ...more }, text, key ? " " : "", ...(key ? [element("kbd", {}, key)] : []));
    card.replaceChildren(element("h2", {}, "Another label of this image"),
      element("p", {}, swatch(chosen.label), named(this.chosenWords(chosen), 90)),
      ...present([own ? element("p", { class: "hint" }, `${own.name}: ${stateText(own)}`) : null]),
      element("div", { class: "row" }, ...present([
        own ? button("Go to its finding", "", goTo) : null,
        button("Edit", "E", edit, { id: "chosen-edit" }), button("Remove", "Del", remove, { class: "danger" }), button("Leave", "Esc", leave)])));
  }

  chosenWords(chosen) {
    return labelWords(chosen, this.session.classes);
  }

  // Which classes the labels of the image have, once it is known.
  legend(image) {
    byId("legend")?.replaceChildren(...present([legend(image, this.session.classes)]));
  }

  // What was noted of the finding, or will be with its decision.
  noteOf(item) {
    const text = item.draft ?? item.note;
    if (!text && !item.expert) return element("div", { id: "noted", hidden: true });
    const title = item.draft ? "Your note, kept with your decision" : item.expert ? "Question to an expert" : `Note${item.reviewer ? ` by ${shortened(item.reviewer, 40)}` : ""}`;
    return element("div", { id: "noted", class: "noted" }, element("h2", {}, title), element("p", {}, named(text || "No words with it.", 2000)));
  }

  // What was decided, of the finding that is shown and of those in its image.
  update(item, siblings) {
    byId("state").textContent = stateText(item);
    byId("state").dataset.state = item.pending || item.state;
    byId("noted").replaceWith(this.noteOf(item));
    const shown = this.body.querySelector(".siblings");
    const now = this.siblings(item, siblings);
    if (shown && now && !shown.contains(document.activeElement)) shown.replaceWith(now);
  }

  probability(item) {
    const percent = Math.round(item.probability * 100);
    const meter = element("span", { class: "meter", "aria-hidden": "true" }, element("i", {}));
    meter.firstChild.style.width = `${percent}%`;
    return element("p", { class: "probability" }, meter, `${percent} % ${likelyWords(item)}`);
  }

  siblings(item, siblings) {
    if (siblings.length < 2) return null;
    const rows = siblings.map((one) => element("li", {},
      element("button", { class: "sibling", "aria-current": String(one.id === item.id), onclick: () => this.chosen(one) },
        element("span", { class: `dot ${one.pending || one.state}`, "aria-hidden": "true" }),
        element("span", {}, one.name), named(one.label === null ? "" : this.session.classes[one.label] ?? "", 24),
        element("span", { class: "hidden-text" }, stateText(one)))));
    return element("div", { class: "siblings" },
      element("h2", {}, `${counted(siblings.length, "finding")} in this image`), element("ul", {}, ...rows));
  }

  // Boxes of the class that is proposed, then of the one that is labelled.
  examples(item, ready) {
    const labels = comparedWith(item);
    return labels.map((label) => this.others(item, label, labels.length > 1 ? 4 : 8, ready)); // one line for each, or two
  }

  prefetch(items) {
    for (const label of new Set(items.flatMap(comparedWith))) neighboursOf(label).catch(() => {});
  }

  others(item, label, count, ready) {
    const strip = element("div", { class: "strip" });
    // What is at hand is shown at once; what has to be asked for waits until it delays nothing.
    const known = neighbours.has(label) ? Promise.resolve() : ready;
    known.then(() => neighboursOf(label)).then((examples) => {
      const others = examples.filter((one) => one.box !== item.box && one.box !== item.other).slice(0, count);
      strip.replaceChildren(...others.map((one) => one.crop));
      if (!others.length) strip.replaceChildren(element("p", { class: "hint" }, "There is no other that can be shown."));
    }).catch(() => strip.replaceChildren(element("p", { class: "hint" }, "No other boxes could be shown.")));
    return element("div", { class: "examples" }, element("h2", {}, "Other boxes of class ", named(this.session.classes[label] ?? "", 30)), strip);
  }
}
