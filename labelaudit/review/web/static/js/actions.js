// What a person can do on the page: one table. The keyboard, the words on the buttons and the help
// dialog are all made from it, so that none of them can say anything else than the others.

import { keyOf } from "./keys.js";

const ZOOM = [["+ and −", "zoom; also the wheel or two fingers"]];
const SCREEN = [["A, R, S", "decide the whole screen"]];
const REMOVE = [["Del", "remove the label"]];
const DECIDING = ["desk", "grid", "end"];
const OUTSIDE_EDITOR = [...DECIDING, "overview"];
const LABEL = "sample-boxes"; // a label of a sample, to be judged
const IMAGE = "sample-images"; // an image of a sample
const SAMPLE = [LABEL, IMAGE];
const WITH_IMAGE = ["desk", "edit", ...SAMPLE];

// An action has
//   name     what a button names in its `data-action`
//   where    the places in which its keys mean it: "overview" (the first page), "desk" (one finding), "edit", "grid",
//            "end" (nothing left), "sample-boxes" and "sample-images" (one of a sample)
//   keys     as KeyboardEvent.key has them, letters small; the first one stands on the button.
//            With "Shift+" before it, a key means this one only with Shift; "Ctrl+" is Ctrl or Cmd
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
  { name: "ask", where: ["desk"], keys: ["q"], group: "Decide", help: "skip, and ask an expert",
    button: { label: "Ask", key: true, title: "Skip it, and ask an expert" }, run: ({ desk }) => desk.write("ask") },
  { name: "note", where: ["desk"], keys: ["t"], group: "Decide", help: "a note (text) on the decision",
    button: { label: "Note", key: true, title: "A note on the decision" }, run: ({ desk }) => desk.write("note") },
  { name: "undo", where: [...DECIDING, ...SAMPLE], keys: ["u", "Ctrl+z"], plain: true, group: "Decide", help: "undo the last decision",
    button: { label: "Undo", key: true }, run: (page) => page.undo() },
  { name: "redo", where: DECIDING, keys: ["Ctrl+y", "Ctrl+Shift+z"], group: "Decide", help: "do it again", run: (page) => page.redo() },

  { name: "begin", where: ["overview"], keys: ["Enter"], group: "Move", help: "begin, or go on", run: (page) => page.beginReview() },
  { name: "overview", where: OUTSIDE_EDITOR, keys: ["h"], plain: true, group: "Move", help: "home: the overview",
    button: { label: "Overview", title: "How bad it is, and where to begin" }, run: (page) => page.begin("overview", {}) },

  { name: "next", where: ["desk", ...SAMPLE], keys: ["n", "ArrowRight"], group: "Move", help: "next finding",
    button: { label: "→", key: true, spoken: "Next finding" }, run: ({ front }) => front.next() },
  { name: "previous", where: ["desk", ...SAMPLE], keys: ["p", "ArrowLeft"], group: "Move", help: "previous finding",
    button: { label: "←", key: true, spoken: "Previous finding" }, run: ({ front }) => front.previous() },
  { name: "next-at-end", where: ["end"], keys: ["n"], group: "Move", help: [["N or →", "next finding"]], run: (page) => page.nextAtEnd() },
  { name: "previous-at-end", where: ["end"], keys: ["p", "ArrowLeft"], group: "Move", help: "previous finding", run: (page) => page.previousAtEnd() },
  { name: "filter", where: OUTSIDE_EDITOR, keys: ["f"], plain: true, group: "Move", help: "filter",
    button: { label: "Filter", title: "Filter" }, run: (page) => page.openFilter() },
  { name: "grid", where: OUTSIDE_EDITOR, keys: ["g"], plain: true, group: "Move", help: "grid of one kind, and back",
    button: { label: "Grid", title: "A screen of crops of one kind" }, run: (page) => page.toggleGrid() },
  { name: "accept-image", where: ["desk"], keys: ["Shift+a"], group: "Move", help: "accept all open findings of this image", run: ({ desk }) => desk.acceptImage() },

  { name: "before-after", where: ["desk"], keys: ["b"], group: "Look", help: "before and after the fix",
    button: { label: "After", title: "Before and after the fix" }, run: (page) => page.toggleAfter() },
  { name: "others", where: ["desk", ...SAMPLE], keys: ["o"], group: "Look", help: "other labels on and off",
    button: { label: "Labels", title: "The other labels" }, run: (page) => page.toggleOthers() },
  { name: "zoom-in", where: WITH_IMAGE, keys: ["+", "="], group: "Look", help: ZOOM,
    button: { label: "+", title: "Zoom in", spoken: "Zoom in" }, run: ({ desk }) => desk.viewer.zoom(1.4) },
  { name: "zoom-out", where: WITH_IMAGE, keys: ["-"], group: "Look", help: ZOOM,
    button: { label: "−", title: "Zoom out", spoken: "Zoom out" }, run: ({ desk }) => desk.viewer.zoom(1 / 1.4) },
  { name: "zoom-fit", where: ["desk", "edit", LABEL], keys: ["0"], group: "Look", help: "whole image",
    button: { label: "Fit", title: "Whole image", spoken: "Whole image" }, run: ({ desk }) => desk.viewer.fit() },
  { name: "zoom-box", where: ["desk", LABEL], keys: ["z"], group: "Look", help: "zoom to the box",
    button: { label: "Box", title: "Zoom to the box", spoken: "Zoom to the box" }, run: ({ front }) => front.zoomToBox() },

  { name: "next-label", where: ["desk"], keys: ["l"], group: "Edit", help: [["L, Shift L, click", "choose another label of the image, to edit it"]], run: ({ desk }, event) => desk.neighbours.step(event.shiftKey ? -1 : 1) },
  { name: "leave-label", where: ["desk"], keys: ["Escape"], group: "Edit", help: "leave", run: ({ desk }) => desk.neighbours.choose(null) },
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
  { name: "editor-undo", where: ["edit"], keys: ["Ctrl+z"], group: "Edit", help: [["Ctrl Z, Ctrl Y", "undo in this edit, and do it again"]], run: ({ desk }) => desk.editor.undo() },
  { name: "editor-redo", where: ["edit"], keys: ["Ctrl+y", "Ctrl+Shift+z"], group: "Edit", help: [["Ctrl Z, Ctrl Y", "undo in this edit, and do it again"]], run: ({ desk }) => desk.editor.redo() },
  { name: "editor-cancel", where: ["edit"], keys: ["Escape"], group: "Edit", help: "leave",
    button: { label: "Cancel", key: true }, run: ({ desk }) => desk.editor.close() },

  { name: "grid-accept", where: ["grid"], keys: ["a"], group: "Grid", help: SCREEN,
    button: { label: "Accept screen", key: true }, run: ({ grid }) => grid.decide("accept") },
  { name: "grid-reject", where: ["grid"], keys: ["r"], group: "Grid", help: SCREEN,
    button: { label: "Reject screen", key: true }, run: ({ grid }) => grid.decide("reject") },
  { name: "grid-skip", where: ["grid"], keys: ["s"], group: "Grid", help: SCREEN,
    button: { label: "Skip screen", key: true }, run: ({ grid }) => grid.decide("skip") },
  { name: "grid-mark", where: ["grid"], keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", " "], group: "Grid",
    help: [["Arrows, Space", "mark exceptions: the opposite decision"]], run: ({ grid }, event) => grid.key(event) },

  { name: "grid-open", where: ["grid"], keys: ["Enter"], group: "Grid", help: "open this one; G leads back", run: (page) => page.openCrop() },

  { name: "verdict-ok", where: [LABEL], keys: ["1"], group: "Sample", help: "the label is right: class and box",
    button: { label: "Right", key: true }, run: ({ sample }) => sample.judge("ok") },
  { name: "verdict-class", where: [LABEL], keys: ["2"], group: "Sample", help: "an object of another class",
    button: { label: "Wrong class", key: true }, run: ({ sample }) => sample.judge("wrong_class") },
  { name: "verdict-loose", where: [LABEL], keys: ["3"], group: "Sample", help: "the box does not fit its object",
    button: { label: "Loose box", key: true }, run: ({ sample }) => sample.judge("loose_box") },
  { name: "verdict-nothing", where: [LABEL], keys: ["4"], group: "Sample", help: "there is no object",
    button: { label: "Nothing there", key: true }, run: ({ sample }) => sample.judge("spurious") },
  { name: "missing-none", where: [IMAGE], keys: ["0"], group: "Sample", help: "nothing is missing in the image",
    button: { label: "Nothing missing", key: true }, run: ({ sample }) => sample.judge(0) },
  { name: "missing-one", where: [IMAGE], keys: ["1"], group: "Sample", help: [["1 to 9", "so many objects have no label"]],
    button: { label: "One missing", key: true }, run: ({ sample }) => sample.judge(1) },
  { name: "missing-some", where: [IMAGE], keys: ["2", "3", "4", "5", "6", "7", "8", "9"], group: "Sample",
    help: [["1 to 9", "so many objects have no label"]], run: ({ sample }, event) => sample.judge(Number(event.key)) },
  { name: "missing-more", where: [IMAGE], keys: ["m"], group: "Sample", help: "type how many, Enter",
    button: { label: "More", key: true }, run: ({ sample }) => sample.askHowMany() },

  // The one without a line in the help dialog: who reads that knows this key.
  { name: "help", where: [...OUTSIDE_EDITOR, "edit", ...SAMPLE], keys: ["?"], group: null, help: [],
    button: { label: "?", title: "Keys", spoken: "Help: the keys" }, run: (page) => page.openHelp() },
];

const KEY_NAMES = { ArrowLeft: "←", ArrowRight: "→", Delete: "Del", Escape: "Esc" };

// How a key is written for people: A for "a", Del for "Delete".
export function keyName(key) {
  for (const held of ["Ctrl", "Shift"]) if (key.startsWith(`${held}+`)) return `${held} ${keyName(key.slice(held.length + 1))}`;
  return KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

// The action that a key means in a place, or none.
export function actionFor(place, event) {
  const { shiftKey = false } = event;
  const name = keyOf(event);
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
