// What a person can do on the page: one table. The keyboard, the words on the buttons and the help
// dialog are all made from it, so that none of them can say anything else than the others.

const ZOOM = [["+ and −", "zoom; also the wheel or two fingers"]];
const SCREEN = [["A, R, S", "decide the whole screen"]];
const REMOVE = [["Del", "remove the label"]];
const OUTSIDE_EDITOR = ["desk", "grid", "end"];
const WITH_IMAGE = ["desk", "edit"];

// An action has
//   name     what a button names in its `data-action`
//   where    the places in which its keys mean it: "desk" (one finding), "edit", "grid", "end" (nothing left)
//   keys     as KeyboardEvent.key has them, letters small; the first one stands on the button.
//            With "Shift+" before it, a key means this one only with Shift
//   plain    whether its keys mean nothing together with Shift
//   group    the part of the help dialog that it stands in
//   help     what it says there, after its keys; or lines of [keys, text] in other words
//   button   its label, whether the key stands beside it, and its title and what is read out, if it needs one
//   run      what it does, given the page and the event
export const ACTIONS = [
  { name: "accept", where: ["desk"], keys: ["a", "Enter"], group: "Decide", help: "accept: the label is wrong, do the fix",
    button: { label: "Accept", key: true }, run: ({ desk }) => desk.act("accept") },
  { name: "reject", where: ["desk"], keys: ["r"], group: "Decide", help: "reject: the label is right",
    button: { label: "Reject", key: true }, run: ({ desk }) => desk.act("reject") },
  { name: "skip", where: ["desk"], keys: ["s"], group: "Decide", help: "skip: somebody else, or later",
    button: { label: "Skip", key: true }, run: ({ desk }) => desk.act("skip") },
  { name: "undo", where: OUTSIDE_EDITOR, keys: ["u"], plain: true, group: "Decide", help: "undo the last decision",
    button: { label: "Undo", key: true }, run: (page) => page.undo() },

  { name: "next", where: ["desk"], keys: ["n", "ArrowRight"], group: "Move", help: "next finding",
    button: { label: "→", key: true, spoken: "Next finding" }, run: ({ desk }) => desk.next() },
  { name: "previous", where: ["desk"], keys: ["p", "ArrowLeft"], group: "Move", help: "previous finding",
    button: { label: "←", key: true, spoken: "Previous finding" }, run: ({ desk }) => desk.previous() },
  { name: "next-at-end", where: ["end"], keys: ["n"], group: "Move", help: [["N or →", "next finding"]], run: (page) => page.nextAtEnd() },
  { name: "previous-at-end", where: ["end"], keys: ["p", "ArrowLeft"], group: "Move", help: "previous finding", run: (page) => page.previousAtEnd() },
  { name: "filter", where: OUTSIDE_EDITOR, keys: ["f"], plain: true, group: "Move", help: "filter",
    button: { label: "Filter", title: "Filter" }, run: (page) => page.openFilter() },
  { name: "grid", where: OUTSIDE_EDITOR, keys: ["g"], plain: true, group: "Move", help: "grid of one kind, and back",
    button: { label: "Grid", title: "A screen of crops of one kind" }, run: (page) => page.toggleGrid() },
  { name: "accept-image", where: ["desk"], keys: ["Shift+a"], group: "Move", help: "accept all open findings of this image", run: ({ desk }) => desk.acceptImage() },

  { name: "edit", where: ["desk"], keys: ["e"], group: "Edit", help: "edit the box and its class",
    button: { label: "Edit", key: true }, run: ({ desk }) => desk.edit() },
  { name: "edit-class", where: ["desk"], keys: ["c"], group: "Edit", help: "change the class only: type its beginning, Enter", run: ({ desk }) => desk.edit({ atClass: true }) },
  { name: "go-to-class", where: ["edit"], keys: ["c"], plain: true, group: "Edit", help: "change the class only: type its beginning, Enter", run: ({ desk }) => desk.editor.input.focus() },
  { name: "draw", where: ["desk"], keys: ["d"], group: "Edit", help: "draw a missing box",
    button: { label: "Draw", key: true }, run: ({ desk }) => desk.draw() },
  { name: "shape", where: ["edit"], keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], group: "Edit",
    help: [["Arrows", "move the box"], ["Shift arrows", "resize it"], ["Alt arrows", "by a fifth of a pixel"]], run: ({ desk }, event) => desk.editor.key(event) },
  { name: "remove", where: ["desk"], keys: ["Delete"], group: "Edit", help: REMOVE, run: (page) => page.removeBox() },
  { name: "editor-delete", where: ["edit"], keys: ["Delete", "Backspace"], group: "Edit", help: REMOVE,
    button: { label: "Delete box", key: true }, run: ({ desk }) => desk.editor.remove() },
  { name: "save", where: ["edit"], keys: ["Enter"], group: "Edit", help: "save",
    button: { label: "Save", key: true }, run: ({ desk }) => desk.editor.save() },
  { name: "editor-cancel", where: ["edit"], keys: ["Escape"], group: "Edit", help: "leave",
    button: { label: "Cancel", key: true }, run: ({ desk }) => desk.editor.close() },

  { name: "before-after", where: ["desk"], keys: ["b"], group: "Look", help: "before and after the fix",
    button: { label: "After", title: "Before and after the fix" }, run: (page) => page.toggleAfter() },
  { name: "others", where: ["desk"], keys: ["o"], group: "Look", help: "other labels on and off",
    button: { label: "Labels", title: "The other labels" }, run: (page) => page.toggleOthers() },
  { name: "zoom-in", where: WITH_IMAGE, keys: ["+", "="], group: "Look", help: ZOOM,
    button: { label: "+", title: "Zoom in", spoken: "Zoom in" }, run: ({ desk }) => desk.viewer.zoom(1.4) },
  { name: "zoom-out", where: WITH_IMAGE, keys: ["-"], group: "Look", help: ZOOM,
    button: { label: "−", title: "Zoom out", spoken: "Zoom out" }, run: ({ desk }) => desk.viewer.zoom(1 / 1.4) },
  { name: "zoom-fit", where: WITH_IMAGE, keys: ["0"], group: "Look", help: "whole image",
    button: { label: "Fit", title: "Whole image", spoken: "Whole image" }, run: ({ desk }) => desk.viewer.fit() },
  { name: "zoom-box", where: ["desk"], keys: ["z"], group: "Look", help: "zoom to the box",
    button: { label: "Box", title: "Zoom to the box", spoken: "Zoom to the box" }, run: ({ desk }) => desk.zoomToBox() },

  { name: "grid-accept", where: ["grid"], keys: ["a"], group: "Grid", help: SCREEN,
    button: { label: "Accept screen", key: true }, run: ({ grid }) => grid.decide("accept") },
  { name: "grid-reject", where: ["grid"], keys: ["r"], group: "Grid", help: SCREEN,
    button: { label: "Reject screen", key: true }, run: ({ grid }) => grid.decide("reject") },
  { name: "grid-skip", where: ["grid"], keys: ["s"], group: "Grid", help: SCREEN,
    button: { label: "Skip screen", key: true }, run: ({ grid }) => grid.decide("skip") },
  { name: "grid-mark", where: ["grid"], keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", " "], group: "Grid",
    help: [["Arrows, Space", "mark exceptions: the opposite decision"]], run: ({ grid }, event) => grid.key(event) },

  // The one without a line in the help dialog: who reads that knows this key.
  { name: "help", where: [...OUTSIDE_EDITOR, "edit"], keys: ["?"], group: null, help: [],
    button: { label: "?", title: "Keys", spoken: "Help: the keys" }, run: (page) => page.openHelp() },
];

const KEY_NAMES = { ArrowLeft: "←", ArrowRight: "→", Delete: "Del", Escape: "Esc" };

// How a key is written for people: A for "a", Del for "Delete".
export function keyName(key) {
  if (key.startsWith("Shift+")) return `Shift ${keyName(key.slice("Shift+".length))}`;
  return KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

// The action that a key means in a place, or none.
export function actionFor(place, { key, shiftKey = false }) {
  const name = key.length === 1 ? key.toLowerCase() : key;
  const here = ACTIONS.filter(({ where }) => where.includes(place));
  const withShift = shiftKey && here.find(({ keys }) => keys.includes(`Shift+${name}`));
  return withShift || here.find(({ keys, plain }) => keys.includes(name) && !(plain && shiftKey)) || null;
}

export function actionNamed(name) {
  const action = ACTIONS.find((one) => one.name === name);
  if (!action) throw new Error(`no action is called ${name}`);
  return action;
}

// What stands on the button of an action: label, key beside it, title, what is read out; null where nothing does.
export function buttonWords({ keys, button }) {
  const key = keyName(keys[0]);
  return {
    label: button.label,
    key: button.key ? key : null,
    title: button.title ? `${button.title} (${key})` : null,
    spoken: button.spoken ?? null,
  };
}

function helpLines({ keys, help }) {
  return typeof help === "string" ? [[keys.map(keyName).join(" or "), help]] : help;
}

// The help dialog: [group, [[keys, text], ...]]. A line that several actions share stands there once.
export function helpGroups() {
  const groups = new Map();
  for (const action of ACTIONS) {
    for (const [keys, text] of helpLines(action)) {
      if (!groups.has(action.group)) groups.set(action.group, new Map());
      groups.get(action.group).set(`${keys}: ${text}`, [keys, text]);
    }
  }
  return [...groups].map(([group, lines]) => [group, [...lines.values()]]);
}
