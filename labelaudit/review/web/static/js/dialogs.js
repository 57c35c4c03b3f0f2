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
    choice("State", "state", [["open", "open"], ["skipped", "skipped"], ["accepted", "accepted"], ["rejected", "rejected"], ["edited", "edited"], ["expert", "for an expert"], ["noted", "with a note"], ["obsolete", "no longer found"], ["any", "any"]], filter.state ?? "open"),
    choice("Rule", "rule", named_(facets.rules), filter.rule),
    choice("Class", "class", named_(facets.classes), filter.class),
    choice("Severity", "severity", [...any, ["error", "error"], ["warning", "warning"], ["info", "info"]], filter.severity),
    entry("Image name contains", "image", filter.image, { type: "search", maxlength: 500 }),
    choice("Decided by", "reviewer", [...any, ...facets.reviewers.map((name) => [name, shortened(name, 60)])], filter.reviewer),
    choice("Field", "field", [...any, ...facets.fields.map((name) => [name, name]), ...(filter.field && !facets.fields.includes(filter.field) ? [[filter.field, filter.field]] : [])], filter.field),
    entry("Value of the field", "value", filter.value, { maxlength: 500, placeholder: "empty: none" }),
    element("fieldset", { class: "range" }, element("legend", {}, "Probability that the label is wrong"),
      entry("from", "min_probability", filter.min_probability, { type: "number", min: 0, max: 1, step: 0.01, placeholder: "0" }),
      entry("to", "max_probability", filter.max_probability, { type: "number", min: 0, max: 1, step: 0.01, placeholder: "1" })),
    fault("filter-fault"),
    element("div", { class: "row" }, element("button", { class: "primary", value: "use" }, "Show these"), element("button", { value: "clear", formnovalidate: true }, "Clear")));
  const dialog = opened("filter", element("h1", { id: "filter-title" }, "Filter"), form);
  form.addEventListener("submit", (event) => {
    const cleared = event.submitter && event.submitter.value === "clear";
    const given = Object.fromEntries(new FormData(form));
    const wrong = cleared ? "" : faultOfFilter(given);
    if (wrong) { event.preventDefault(); told(byId("filter-fault"), wrong, byId(given.value && !given.field ? "filter-field" : "filter-min_probability")); return; }
    const values = cleared ? [] : Object.entries(given).filter(([name, value]) => !(name === "state" && value === "open") && (value !== "" || (name === "value" && given.field)) && !(name === "value" && !given.field));
    dialog.close();
    chosen(Object.fromEntries(values));
  });
}

// Where a form says what is wrong with it.
function fault(id) {
  return element("p", { class: "fault", id, role: "alert", hidden: true });
}

function told(place, text, field) {
  place.textContent = text;
  place.hidden = false;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", place.id);
  field.focus();
}

// What is wrong with a filter, in words; empty if nothing is.
export function faultOfFilter({ min_probability: least, max_probability: most, field, value }) {
  if (value && !field) return "A value belongs to a field: choose that, too.";
  if (least && most && Number(least) > Number(most)) return `From ${least} to ${most} there is nothing: the first is the smaller one.`;
  return "";
}

export function openWho(name, chosen) {
  const input = element("input", { id: "who-name", value: name, maxlength: 200, autocomplete: "nickname" });
  const form = element("form", { method: "dialog", class: "fields" },
    element("p", {}, element("label", { for: "who-name" }, "Decisions are kept under this name"), input),
    fault("who-fault"),
    element("div", { class: "row" }, element("button", { class: "primary" }, "Use this name")));
  const dialog = opened("who", element("h1", { id: "who-title" }, "Who decides?"), form);
  form.addEventListener("submit", (event) => {
    const name = input.value.trim();
    if (!name) { event.preventDefault(); told(byId("who-fault"), "A name has at least one letter.", input); return; }
    dialog.close();
    chosen(name);
  });
  input.select();
}

// What the decisions come to, what contradicts, and the button that writes the cleaned dataset.
export async function openFinish({ saver, goTo }) {
  const said = element("p", { class: "hint" }, "Working out what the decisions come to…");
  const result = element("div", { class: "outcome" }, said);
  const dialog = opened("finish", element("h1", { id: "finish-title" }, "Finish"), result);
  try {
    if (saver.state !== "saved") { // what is under way belongs to the outcome
      said.textContent = "Decisions are still being saved…";
      announce(said.textContent);
      await saver.settled();
    }
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
  const back = element("button", { class: "primary", id: "finish-back", onclick: () => byId("finish").close() }, counts.open + counts.skipped ? "Go on reviewing" : "Close");
  return [
    element("ul", { class: "counts" },
      line(counts.accepted, "accepted"), line(counts.edited, "edited by hand"), line(counts.rejected, "rejected"),
      line(counts.skipped, "skipped"), line(counts.open, "not looked at")),
    element("p", { id: "what-changes" }, changeWords(outcome)),
    disagreements.length ? element("section", {}, element("h2", {}, "Reviewers disagree"), element("p", { class: "hint" }, "The later decision counts. Click to look again."),
      element("ul", { class: "listed" }, ...disagreements.map(({ item, verdicts }) => element("li", {},
        element("button", { class: "link", onclick: () => goTo(item) }, named(item.message, 90)), ` ${verdicts.map(([who, verdict]) => `${shortened(who, 30)}: ${verdict}`).join(", ")}`)))) : null,
    conflicts.length ? element("section", {}, element("h2", {}, "Fixes that contradict each other"), element("p", { class: "hint" }, "These are not done; everything else is."),
      element("ul", { class: "listed" }, ...conflicts.map((text) => element("li", {}, named(text, 300))))) : null,
    outcome.records ? element("p", { class: "hint" }, "The original stays as it is. The cleaned dataset goes to ", element("code", {}, element("bdi", {}, visible(outcome.target)))) : null,
    element("div", { class: "row" }, outcome.records ? write : back),
  ].filter(Boolean);
}

// What the decisions change, in the numbers that are told again once it is written.
export function changeWords({ records, fixes, without_fix: without, conflicts }) {
  const also = without ? ` ${counted(without, "accepted finding proposes", "accepted findings propose")} nothing to be done.` : "";
  if (!records) return `Nothing changes yet: ${conflicts.length ? "the accepted fixes contradict each other." : "no fix was accepted, and none made by hand."}${also} A copy would be the same as the original.`;
  return `${counted(records, "record")} will change, by ${counted(fixes, "fix", "fixes")}.${also}`;
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
