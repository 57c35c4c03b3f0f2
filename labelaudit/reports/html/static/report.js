// Filters of the findings and the choice of colours; all else of the page works without it.
"use strict";

const theme = document.getElementById("theme");
const form = document.getElementById("filters");

/** What was chosen before, where the browser keeps it; some do not for files. */
function remembered() {
  try {
    return localStorage.getItem("labelaudit.theme") ?? "";
  } catch {
    return "";
  }
}

function useTheme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem("labelaudit.theme", name);
  } catch {
    // It holds for as long as the page is open.
  }
}

theme.value = remembered();
useTheme(theme.value);
theme.addEventListener("change", () => useTheme(theme.value));
document.getElementById("tools").hidden = false;

/** The findings with what they are searched by, worked out once. */
function searchable() {
  return [...document.querySelectorAll(".finding")].map((element) => ({
    element,
    data: element.dataset,
    text: element.querySelector(".words").textContent.toLowerCase(),
  }));
}

function matches(finding, chosen, words) {
  for (const [by, value] of chosen) {
    if (by === "class" ? !finding.data.class.includes(` ${value} `) : finding.data[by] !== value) {
      return false;
    }
  }
  return words.every((word) => finding.text.includes(word));
}

function startFilters() {
  const findings = searchable();
  const sections = [...document.querySelectorAll(".rule")];
  const count = document.getElementById("filter-count");
  const selects = [...form.querySelectorAll("select")];
  const text = document.getElementById("filter-text");

  function filter() {
    const chosen = selects.filter((one) => one.value).map((one) => [one.dataset.by, one.value]);
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const finding of findings) {
      finding.element.hidden = !matches(finding, chosen, words);
      if (!finding.element.hidden) shown += 1;
    }
    const any = chosen.length + words.length > 0;
    for (const section of sections) {
      section.hidden = any && !section.querySelector(".finding:not([hidden])");
    }
    const said = selects
      .filter((one) => one.value)
      .map((one) => `${one.labels[0].textContent} ${one.selectedOptions[0].textContent}`);
    if (words.length) said.push(`text ${words.join(" ")}`);
    count.textContent =
      `${shown.toLocaleString("en")} of ${findings.length.toLocaleString("en")} shown` +
      (any ? `: ${said.join(", ")}` : "");
  }

  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
}

if (form) startFilters();

// A link to a finding or a rule that is filtered out shows all again.
addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1));
  if (form && target?.closest("[hidden]")) {
    form.reset();
    setTimeout(() => target.scrollIntoView());
  }
});
