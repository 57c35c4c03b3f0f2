import assert from "node:assert/strict";
import { test } from "node:test";

import { isTaken, keyOf } from "../../../../labelaudit/review/web/static/js/keys.js";

// What has the focus: an element of which `closest` knows the selectors that it is in, by their parts.
const focused = (...names) => ({ closest: (selector) => (selector.split(",").some((part) => names.includes(part.trim().replace(/:not.*/, ""))) ? {} : null) });
const taken = (key, target = focused(), more = {}) => isTaken({ key, target, ...more });

test("keys are the page's while nothing that takes them has the focus", () => {
  for (const key of ["a", "Enter", " ", "ArrowLeft", "Escape"]) assert.equal(taken(key), false, key);
});

test("a summary, a button and a link take Space and Enter, and no other key", () => {
  for (const name of ["summary", "button", "a"]) {
    for (const key of ["Enter", " "]) assert.equal(taken(key, focused(name)), true, name);
    for (const key of ["a", "r", "n", "ArrowRight", "Escape", "?"]) assert.equal(taken(key, focused(name)), false, name);
  }
});

test("a crop of a screen leaves Space and Enter to the page", () => {
  for (const key of ["Enter", " ", "a"]) assert.equal(taken(key, focused("button", ".cell")), false);
});

test("a text field and an open dialog take every key", () => {
  for (const name of ["input", "textarea", "select"]) {
    assert.equal(taken("a", focused(name)), true, name);
    assert.equal(taken("z", focused(name), { ctrlKey: true }), true, name);
  }
  assert.equal(isTaken({ key: "a", target: focused() }, true), true);
});

test("with Ctrl or Cmd the page takes Z and Y alone, with Alt the arrows", () => {
  for (const held of ["ctrlKey", "metaKey"]) {
    for (const key of ["z", "Z", "y"]) assert.equal(taken(key, focused(), { [held]: true }), false);
    for (const key of ["a", "r", "c", "Enter", "-"]) assert.equal(taken(key, focused(), { [held]: true }), true);
  }
  assert.equal(taken("ArrowUp", focused(), { altKey: true }), false);
  assert.equal(taken("d", focused(), { altKey: true }), true);
});

test("keys are called as the table of actions calls them", () => {
  assert.equal(keyOf({ key: "A", shiftKey: true }), "a");
  assert.equal(keyOf({ key: "z", ctrlKey: true }), "Ctrl+z");
  assert.equal(keyOf({ key: "Z", metaKey: true, shiftKey: true }), "Ctrl+Shift+z");
  assert.equal(keyOf({ key: "Delete" }), "Delete");
});
