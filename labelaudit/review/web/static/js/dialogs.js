// The dialogs: keys, filter, who decides, finish.

import { helpGroups } from "./actions.js";
import { get, post, uuid } from "./api.js";
import { announce, byId, counted, element, named, shortened, visible } from "./dom.js";

function opened(id, ...children) {
  const dialog = byId(id);
  const close = element("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => dialog.close() }, "×");
  dialog.replaceChildren(...children, close); // last: what is asked for has the focus first
  if (!dialog.open) dialog.showModal();
  return dialog;
}

export function openHelp() {
  const groups = helpGroups().map(([title, keys]) => element("section", {}, element("h2", {}, title),
    element("dl", {}, ...keys.flatMap(([key, text]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, text)]))));
  opened("help", element("h1", { id: "help-title" }, "Keys"), element("div", { class: "keys" }, ...groups));
}

function choice(label, name, options, value) {
  const select = element("select", { name, id: `filter-${name}` }, ...options.map(([key, text]) => element("option", { value: key, selected: key === value }, text)));
  return element("p", {}, element("label", { for: `filter-${name}` }, label), select);
}

function entry(label, name, value, attributes = {}) {
  return element("p", {}, element("label", { for: `filter-${name}` }, label), element("input", { name, id: `filter-${name}`, value: value ?? "", ...attributes }));
}

// Ask which findings to go through; `chosen` is told the filter as query parameters.
export function openFilter(facets, filter, chosen) {
  const any = [["", "any"]];
  const named_ = (pairs) => [...any, ...pairs.map(([key, count, text]) => [key, `${shortened(text ?? key, 60)} (${count.toLocaleString("en")})`])];
  const form = element("form", { method: "dialog", class: "fields" },
    choice("State", "state", [["open", "open"], ["skipped", "skipped"], ["accepted", "accepted"], ["rejected", "rejected"], ["edited", "edited"], ["obsolete", "no longer found"], ["any", "any"]], filter.state ?? "open"),
    choice("Rule", "rule", named_(facets.rules), filter.rule),
    choice("Class", "class", named_(facets.classes), filter.class),
    choice("Severity", "severity", [...any, ["error", "error"], ["warning", "warning"], ["info", "info"]], filter.severity),
    entry("Image name contains", "image", filter.image, { type: "search", maxlength: 500 }),
    choice("Decided by", "reviewer", [...any, ...facets.reviewers.map((name) => [name, shortened(name, 60)])], filter.reviewer),
    element("fieldset", { class: "range" }, element("legend", {}, "Probability that the label is wrong"),
      entry("from", "min_probability", filter.min_probability, { type: "number", min: 0, max: 1, step: 0.01, placeholder: "0" }),
      entry("to", "max_probability", filter.max_probability, { type: "number", min: 0, max: 1, step: 0.01, placeholder: "1" })),
    element("div", { class: "row" }, element("button", { class: "primary", value: "use" }, "Show these"), element("button", { value: "clear" }, "Clear")));
  const dialog = opened("filter", element("h1", { id: "filter-title" }, "Filter"), form);
  form.addEventListener("submit", (event) => {
    const cleared = event.submitter && event.submitter.value === "clear";
    const values = cleared ? [] : [...new FormData(form)].filter(([name, value]) => value !== "" && !(name === "state" && value === "open"));
    dialog.close();
    chosen(Object.fromEntries(values));
  });
}

export function openWho(name, chosen) {
  const input = element("input", { id: "who-name", value: name, maxlength: 200, required: true, autocomplete: "nickname" });
  const form = element("form", { method: "dialog", class: "fields" },
    element("p", {}, element("label", { for: "who-name" }, "Decisions are kept under this name"), input),
    element("div", { class: "row" }, element("button", { class: "primary" }, "Use this name")));
  const dialog = opened("who", element("h1", { id: "who-title" }, "Who decides?"), form);
  form.addEventListener("submit", () => { dialog.close(); if (input.value.trim()) chosen(input.value.trim()); });
  input.select();
}

// What the decisions come to, what contradicts, and the button that writes the cleaned dataset.
export async function openFinish({ saver, goTo }) {
  if (saver.state !== "saved") announce("Decisions are still being saved");
  const result = element("div", { class: "outcome" }, element("p", { class: "hint" }, "Working out what the decisions come to…"));
  const dialog = opened("finish", element("h1", { id: "finish-title" }, "Finish"), result);
  try {
    const outcome = await get("/api/outcome");
    result.replaceChildren(...outcomeParts(outcome, result, (item) => { dialog.close(); goTo(item); }));
  } catch (error) {
    result.replaceChildren(element("p", { class: "trouble" }, error.message));
  }
}

function outcomeParts(outcome, result, goTo) {
  const { counts, conflicts, disagreements } = outcome;
  const line = (count, text) => element("li", {}, element("b", {}, count.toLocaleString("en")), ` ${text}`);
  const write = element("button", { class: "primary", id: "write" }, "Write the cleaned dataset");
  write.addEventListener("click", () => writeCleaned(write, result));
  return [
    element("ul", { class: "counts" },
      line(counts.accepted, "accepted"), line(counts.edited, "edited by hand"), line(counts.rejected, "rejected"),
      line(counts.skipped, "skipped"), line(counts.open, "not looked at")),
    element("p", {}, outcome.fixes ? `${counted(outcome.fixes, "fix", "fixes")} will be done.` : "There is no fix to do yet: nothing with a fix was accepted."),
    disagreements.length ? element("section", {}, element("h2", {}, "Reviewers disagree"), element("p", { class: "hint" }, "The later decision counts. Click to look again."),
      element("ul", { class: "listed" }, ...disagreements.map(({ item, verdicts }) => element("li", {},
        element("button", { class: "link", onclick: () => goTo(item) }, named(item.message, 90)), ` ${verdicts.map(([who, verdict]) => `${shortened(who, 30)}: ${verdict}`).join(", ")}`)))) : null,
    conflicts.length ? element("section", {}, element("h2", {}, "Fixes that contradict each other"), element("p", { class: "hint" }, "These are not done; everything else is."),
      element("ul", { class: "listed" }, ...conflicts.map((text) => element("li", {}, named(text, 300))))) : null,
    element("p", { class: "hint" }, "The original stays as it is. The cleaned dataset goes to ", element("code", {}, element("bdi", {}, visible(outcome.target)))),
    element("div", { class: "row" }, write),
  ].filter(Boolean);
}

async function writeCleaned(button, result) {
  button.disabled = true;
  button.textContent = "Writing…";
  try {
    const written = await post("/api/cleaned", { uuid: uuid() });
    const code = (text) => element("code", {}, element("bdi", {}, visible(text)));
    result.append(element("section", { class: "written", id: "written" },
      element("h2", {}, written.patch ? `${counted(written.records, "record")} changed` : "Nothing to change"),
      element("p", {}, "Written to ", code(written.path)),
      written.patch ? element("p", {}, "Taken back by ", code(written.undo)) : null));
    announce(`Written: ${counted(written.records, "record")} changed`);
    button.textContent = "Written";
  } catch (error) {
    button.disabled = false;
    button.textContent = "Write the cleaned dataset";
    result.append(element("p", { class: "trouble", role: "alert" }, error.message));
  }
}
