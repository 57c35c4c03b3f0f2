import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ACTIONS, actionFor, actionNamed, buttonWords, helpGroups, keyName } from "../../../../labelaudit/review/web/static/js/actions.js";

const PAGE = readFileSync(new URL("../../../../labelaudit/review/web/static/index.html", import.meta.url), "utf8");

const nameFor = (place, key, shiftKey = false) => actionFor(place, { key, shiftKey })?.name ?? null;

test("no name is given twice", () => {
  const names = ACTIONS.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});

test("no key means two things in one place", () => {
  for (const place of ["overview", "desk", "edit", "grid", "end", "sample-boxes", "sample-images"]) {
    const keys = ACTIONS.filter(({ where }) => where.includes(place)).flatMap((action) => action.keys);
    assert.deepEqual(keys, [...new Set(keys)], place);
  }
});

test("every action but the help itself has a line in it", () => {
  const bare = ACTIONS.filter(({ help }) => !help || !help.length).map(({ name }) => name);
  assert.deepEqual(bare, ["help"]);
});

test("every action does something, somewhere, by a key", () => {
  for (const { name, where, keys, run } of ACTIONS) {
    assert.equal(typeof run, "function", name);
    assert.ok(where.length && keys.length, name);
  }
});

test("every button of the page has its words here, and every word a button", () => {
  const onPage = new Set([...PAGE.matchAll(/data-action="([\w-]+)"/g)].map(([, name]) => name));
  const here = ACTIONS.filter(({ button }) => button).map(({ name }) => name);
  assert.deepEqual([...onPage].sort(), here.sort());
});

test("a key means what the place it is typed in says", () => {
  assert.equal(nameFor("desk", "a"), "accept");
  assert.equal(nameFor("grid", "a"), "grid-accept");
  assert.equal(nameFor("end", "a"), null);
  assert.equal(nameFor("edit", "Enter"), "save");
  assert.equal(nameFor("desk", "Delete"), "remove");
  assert.equal(nameFor("edit", "Delete"), "editor-delete");
});

test("a sample is judged by one key, and no key of findings decides there", () => {
  assert.deepEqual(["1", "2", "3", "4", "5"].map((key) => nameFor("sample-boxes", key)), ["verdict-ok", "verdict-class", "verdict-loose", "verdict-nothing", null]);
  assert.deepEqual(["0", "1", "2", "9", "m"].map((key) => nameFor("sample-images", key)), ["missing-none", "missing-one", "missing-some", "missing-some", "missing-more"]);
  for (const place of ["sample-boxes", "sample-images"]) {
    for (const key of ["a", "r", "s", "e", "d", "g", "f", "b", "Enter", "Delete"]) assert.equal(nameFor(place, key), null, key);
    assert.deepEqual(["u", "n", "p", "o"].map((key) => nameFor(place, key)), ["undo", "next", "previous", "others"]);
  }
});

test("Shift makes another action of a letter only where the table says so", () => {
  assert.equal(nameFor("desk", "A", true), "accept-image");
  assert.equal(nameFor("desk", "R", true), "reject");
  assert.equal(nameFor("desk", "U", true), null);
  assert.equal(nameFor("desk", "U"), "undo"); // Caps Lock
});

test("Ctrl takes back and does again, in the editor its own steps", () => {
  const held = (place, key, shiftKey = false) => actionFor(place, { key, shiftKey, ctrlKey: true })?.name ?? null;
  assert.deepEqual([held("desk", "z"), held("desk", "y"), held("desk", "Z", true)], ["undo", "redo", "redo"]);
  assert.deepEqual([held("edit", "z"), held("edit", "y"), held("edit", "Z", true)], ["editor-undo", "editor-redo", "editor-redo"]);
  assert.equal(held("desk", "a"), null);
  assert.equal(held("overview", "z"), null);
});

test("the editor has no keys that decide", () => {
  for (const key of ["a", "r", "s", "u", "f", "g", "n", "p"]) assert.equal(nameFor("edit", key), null, key);
});

test("keys are written as they stand on a keyboard", () => {
  assert.deepEqual(["a", "Shift+a", "Delete", "Escape", "Enter", "0"].map(keyName), ["A", "Shift A", "Del", "Esc", "Enter", "0"]);
});

test("a button shows its key beside its label or in its title", () => {
  assert.deepEqual(buttonWords(actionNamed("accept")), { label: "Accept", key: "A", title: null, spoken: null });
  assert.deepEqual(buttonWords(actionNamed("filter")), { label: "Filter", key: null, title: "Filter (F)", spoken: null });
  assert.throws(() => actionNamed("fly"), /no action is called fly/);
});

test("the help dialog has a line for everything that can be done, once", () => {
  assert.deepEqual(helpGroups(), [
    ["Decide", [["A or Enter", "accept: the label is wrong, do the fix"], ["R", "reject: the label is right"], ["S", "skip: somebody else, or later"], ["Q", "skip, and ask an expert"], ["T", "a note (text) on the decision"], ["U or Ctrl Z", "undo the last decision"], ["Ctrl Y or Ctrl Shift Z", "do it again"]]],
    ["Move", [["Enter", "begin, or go on"], ["H", "home: the overview"], ["N or →", "next finding"], ["P or ←", "previous finding"], ["F", "filter"], ["G", "grid of one kind, and back"], ["Shift A", "accept all open findings of this image"]]],
    ["Look", [["B", "before and after the fix"], ["O", "other labels on and off"], ["+ and −", "zoom; also the wheel or two fingers"], ["0", "whole image"], ["Z", "zoom to the box"]]],
    ["Edit", [["L, Shift L, click", "choose another label of the image, to edit it"], ["Esc", "leave"], ["E", "edit the box and its class"], ["C", "change the class only: type its beginning, Enter"], ["D", "draw a missing box"], ["Arrows", "move the box"], ["Shift arrows", "resize it"], ["Alt arrows", "by a fifth of a pixel"], ["Del", "remove the label"], ["Enter", "save"], ["Ctrl Z, Ctrl Y", "undo in this edit, and do it again"]]],
    ["Grid", [["A, R, S", "decide the whole screen"], ["Arrows, Space", "mark exceptions: the opposite decision"], ["Enter", "open this one; G leads back"]]],
    ["Sample", [["1", "the label is right: class and box"], ["2", "an object of another class"], ["3", "the box does not fit its object"], ["4", "there is no object"], ["0", "nothing is missing in the image"], ["1 to 9", "so many objects have no label"], ["M", "type how many, Enter"]]],
  ]);
});
