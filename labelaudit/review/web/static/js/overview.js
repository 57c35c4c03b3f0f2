// The first page: how bad it is, by class and source, and where to begin.

import { get } from "./api.js";
import { afterFrame, announce, byId, counted, element, named, present } from "./dom.js";
import { matrix } from "./matrix.js";
import { percent, tenths, whole } from "./numbers.js";

const MOST_ROWS = 8; // of a table, before somebody asks for all

export const share = (part, all) => percent(all ? part / all : 0);

// How bad it is, in a sentence or two.
export function verdictOf({ wrong_boxes: sure, wrong_images: images, errors, by_model: byModel, missing, doubted }, { boxes, images: all }) {
  const parts = [sure
    ? `Rules alone find ${counted(sure, "wrong label")} of ${boxes.toLocaleString("en")} (${share(sure, boxes)}), in ${counted(images, "image")} of ${all.toLocaleString("en")} (${share(images, all)}).`
    : `Rules alone find no wrong label among ${boxes.toLocaleString("en")}.`];
  if (byModel) parts.push(`By a model's probabilities, about ${whole(errors)} of the labels with findings are wrong.`);
  if (doubted) parts.push(`A model doubts ${counted(doubted, "more label or place", "more labels and places")}: an order to look in, and no number of errors.`);
  if (missing >= 0.5) parts.push(`About ${counted(Math.floor(missing + 0.5), "object")} may have no label.`);
  return parts.join(" ");
}

// Field names as people say them.
export function fieldWords(field) {
  return field === "class" ? "By class" : `By ${field}`;
}

const HEADS = { class: "Class", split: "Split", folder: "Folder", file: "File" }; // what labels call a field stays as it is

export class Overview {
  constructor(session, { begin }) {
    this.session = session;
    this.begin = begin; // told the mode and the filter to begin with
    this.body = byId("overview-body");
  }

  async show(progress) {
    this.progress = progress;
    const { name } = this.session.dataset;
    this.body.replaceChildren(element("h1", {}, named(name || "This dataset", 80)), this.start(), element("p", { class: "hint", id: "overview-wait" }, "Counting…"));
    byId("overview-begin")?.focus({ preventScroll: true });
    announce(`Overview. ${this.leftWords()}`);
    await new Promise(afterFrame); // so that a key is answered first
    try {
      this.fill(await get("/api/overview"));
    } catch (error) {
      byId("overview-wait").textContent = `The overview could not be asked for: ${error.message}`;
    }
  }

  leftWords() {
    const { decided, total, skipped, asked } = this.progress;
    if (!total) return "Nothing was found: there is nothing to decide.";
    const left = total - decided - skipped;
    const parts = [`${decided.toLocaleString("en")} of ${counted(total, "finding")} decided`];
    if (left) parts.push(`${left.toLocaleString("en")} open`);
    if (skipped) parts.push(`${skipped.toLocaleString("en")} skipped${asked ? `, ${asked.toLocaleString("en")} of these for an expert` : ""}`);
    return `${parts.join(", ")}.`;
  }

  start() {
    const { decided, total, skipped, asked } = this.progress;
    const open = total - decided - skipped;
    const button = (text, mode, filter = {}, more = {}) => element("button", { onclick: () => this.begin(mode, filter), ...more }, text);
    return element("div", { class: "begin" }, element("p", { class: "lead", id: "overview-left" }, this.leftWords()),
      element("div", { class: "row" }, ...present([
        open ? element("button", { class: "primary", id: "overview-begin", onclick: () => this.begin("value", {}) }, decided ? "Go on" : "Begin", " ", element("kbd", {}, "Enter")) : null,
        open ? button("Worst images first", "errors") : null,
        open ? button("A grid of one kind", "kind") : null,
        asked ? button(`${counted(asked, "question")} to an expert`, "value", { state: "expert" }) : null,
        !open && skipped ? button("Look at skipped findings", "value", { state: "skipped" }, { id: "overview-begin" }) : null,
        !open && !skipped && total ? button("Look at all findings again", "value", { state: "any" }, { id: "overview-begin" }) : null,
      ])));
  }

  fill(told) {
    const { rules, groups, worst, confused } = told;
    byId("overview-wait").remove();
    this.body.append(...present([
      element("p", { class: "lead", id: "how-bad" }, verdictOf(told, this.session.dataset)),
      element("div", { class: "cards" }, ...present([
        rules.length ? this.rules(rules) : null,
        ...groups.map((group) => this.groups(group, told.by_model)),
        worst.length ? this.worst(worst) : null,
      ])),
      confused ? element("section", { class: "card" }, element("h2", {}, "Classes taken for each other"), matrix(confused, (filter) => this.begin("value", filter))) : null,
    ]));
  }

  rules(rules) {
    return card("What was found", ["Rule", "Open", "All"], rules.map((rule) => [
      [element("button", { class: "link", onclick: () => this.begin(rule.open ? "kind" : "value", rule.open ? { rule: rule.code } : { rule: rule.code, state: "any" }) }, rule.name),
        " ", element("span", { class: "code" }, rule.code)],
      [rule.open.toLocaleString("en")], [rule.findings.toLocaleString("en")]]));
  }

  groups({ field, groups, left_out: leftOut }, byModel) {
    const filter = (value) => (field === "class" && value ? { class: value } : { field, value });
    return card(fieldWords(field), [HEADS[field] ?? field, "Labels", byModel ? "Expected wrong" : "Wrong", "Found per 1,000", "Open"], groups.map((group) => [
      [group.findings
        ? element("button", { class: "link", onclick: () => this.begin("value", group.open ? filter(group.value) : { ...filter(group.value), state: "any" }) }, named(group.value || "none", 28))
        : named(group.value || "none", 28),
      group.stands_out ? element("span", { class: "severity warning", title: "Wrong more often than all labels together: no chance" }, "more than usual") : ""],
      [group.boxes.toLocaleString("en")], [bar(group.errors / group.boxes), element("span", { class: "part" }, `${(byModel ? tenths : whole)(group.errors)} · ${share(group.errors, group.boxes)}`)],
      [few(group.per_1000), " ", element("span", { class: "part", title: "95 % limits" }, `${few(group.low)}–${few(group.high)}`)],
      [group.open.toLocaleString("en")]]), leftOut);
  }

  worst(images) {
    const doubted = images.some((image) => image.doubted); // then the order is not by the number of errors
    return card(doubted ? "Images to begin with" : "Images with most errors", ["Image", "Expected errors", ...(doubted ? ["Doubted"] : []), "Open"], images.map((image) => [
      [element("button", { class: "link", onclick: () => this.begin("errors", { image: image.name }) }, named(image.name, 34))],
      [tenths(image.errors)], ...(doubted ? [[image.doubted.toLocaleString("en")]] : []), [image.open.toLocaleString("en")]]));
  }
}

const few = (count) => (count < 10 ? tenths : whole)(count);

function bar(part) {
  const made = element("span", { class: "meter", "aria-hidden": "true" }, element("i", {}));
  made.firstChild.style.width = `${Math.min(100, 100 * part)}%`;
  return made;
}

// A table with a heading; what is beyond the first rows is shown when it is asked for.
function card(title, heads, rows, leftOut = 0) {
  const made = rows.map((cells) => element("tr", {}, ...cells.map((parts, place) => element(place ? "td" : "th", place ? {} : { scope: "row" }, ...parts))));
  const body = element("tbody", {}, ...made.slice(0, MOST_ROWS));
  const more = made.length > MOST_ROWS
    ? element("button", { class: "link", onclick: () => { body.append(...made.slice(MOST_ROWS)); more.remove(); } }, `All ${made.length.toLocaleString("en")}`)
    : null;
  return element("section", { class: "card" }, ...present([element("h2", {}, title),
    element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))), body), more,
    leftOut ? element("p", { class: "hint" }, `${leftOut.toLocaleString("en")} more are not listed.`) : null]));
}
