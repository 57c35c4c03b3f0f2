// Which classes are taken for each other: one table instead of a screen for each pair.

import { counted, element, named, present, visible } from "./dom.js";

export const PAIR = "confused"; // the field of which a value is a cell

export function pairValue(first, second) {
  return `${first} → ${second}`;
}

// `chosen` is told the filter of a cell that was clicked; `marked` are names of classes that stand out.
export function matrix({ classes, counts, elsewhere }, chosen, marked = []) {
  const most = Math.max(1, ...counts.flat());
  const head = element("tr", {}, element("td", {}), ...classes.map((name) => element("th", { scope: "col" }, element("span", {}, named(name, 18)))));
  const rows = classes.map((name, row) => element("tr", {},
    element("th", { scope: "row", class: marked.includes(name) ? "marked" : "" }, named(name, 22)),
    ...counts[row].map((count, column) => element("td", { class: row === column ? "same" : "" }, cell(count, name, classes[column], most, chosen)))));
  return element("div", { class: "matrix" }, ...present([
    element("p", {}, "Labelled as (rows), but looks like (columns): how many findings; a click shows them."),
    element("table", { "aria-label": "Classes taken for each other" },
      element("thead", {}, head), element("tbody", {}, ...rows)),
    elsewhere ? element("p", { class: "hint" }, `${counted(elsewhere, "more finding is", "more findings are")} about other pairs of classes.`) : null]));
}

function cell(count, first, second, most, chosen) {
  if (!count) return "";
  const words = `${count} labelled ${visible(first)}, looks like ${visible(second)}`;
  const made = element("button", { title: words, "aria-label": words, onclick: () => chosen({ field: PAIR, value: pairValue(first, second), state: "any" }) }, count.toLocaleString("en"));
  made.style.setProperty("--share", (0.1 + (0.35 * count) / most).toFixed(2));
  return made;
}
