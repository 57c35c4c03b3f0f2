// Elements and words. Names from labels only ever become text nodes: nothing here parses markup.

export const byId = (id) => document.getElementById(id);

// An element with attributes and children; text children become text nodes.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...present(children));
  return made;
}

// Children without those that are not there: `append` would write "null".
export function present(children) {
  return children.filter((child) => child !== null && child !== undefined);
}

// A user's name as text of its own direction, without what could reorder or hide it.
export function named(text, longest = 80) {
  return element("bdi", { title: text.length > longest ? visible(text).slice(0, 1000) : null }, shortened(text, longest));
}

// A name that fits, its end kept: of a path, that is the part that tells it from others.
export function shortened(text, longest) {
  const shown = visible(text);
  if (shown.length <= longest) return shown;
  const head = Math.floor(longest / 3);
  return `${shown.slice(0, head)}…${shown.slice(shown.length - (longest - head - 1))}`;
}

// Control characters and those that turn lines around, as their code.
export function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// Text of a rule's page: what stands between backticks is code.
export function marked(text) {
  return text.split(/(``[^`]+``|`[^`]+`)/).filter(Boolean).map((part) => {
    const code = /^(`{1,2})([^`]+)\1$/.exec(part);
    return code ? element("code", {}, code[2]) : part;
  });
}

export function counted(count, thing, things = `${thing}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? thing : things}`;
}

const LONGEST_FRAME_MS = 250;

// Once what was changed is on the screen: a key is answered first, then the server is asked.
// Soon, too, where nothing is drawn, as in a tab that was put into the background.
export function afterFrame(then) {
  let waiting = true;
  const once = () => { if (waiting) { waiting = false; then(); } };
  requestAnimationFrame(() => window.setTimeout(once));
  window.setTimeout(once, LONGEST_FRAME_MS);
}

let announcing = 0;

// Say something to people who listen to the page.
export function announce(text) {
  const region = byId("announce");
  window.clearTimeout(announcing);
  region.textContent = "";
  announcing = window.setTimeout(() => { region.textContent = text; }, 30);
}

// Say something briefly to people who look at it, and to people who listen.
export function toast(text, kind = "") {
  const note = element("p", { class: `toast ${kind}` }, text);
  byId("toasts").append(note);
  window.setTimeout(() => note.remove(), 2000 + 60 * text.length); // as long as it takes to read it
  announce(text);
}
