// What is looked at, in the address of the page: a link leads back to it, and so does the browser's back button.

export const MODES = ["overview", "value", "image", "errors", "kind", "sample-boxes", "sample-images"];
const FILTERS = ["state", "rule", "class", "severity", "image", "min_probability", "max_probability", "reviewer", "field", "value"];

// { mode, filter, finding } of the part of an address behind "?"; mode and finding are null where it says none.
export function read(search) {
  const words = new URLSearchParams(search);
  const mode = words.get("order");
  const filter = Object.fromEntries(FILTERS.filter((name) => words.has(name)).map((name) => [name, words.get(name)]));
  return { mode: MODES.includes(mode) ? mode : null, filter, finding: words.get("finding") };
}

export function written({ mode, filter = {}, finding = null }) {
  const words = new URLSearchParams({ order: mode });
  for (const name of FILTERS) if (filter[name] !== undefined && filter[name] !== null) words.set(name, filter[name]);
  if (finding) words.set("finding", finding);
  return `/?${words}`;
}
