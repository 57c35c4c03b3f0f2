import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST_NOTE, faultOf, tidied } from "../../../../labelaudit/review/web/static/js/note.js";

test("a note says something, a question may go without words", () => {
  assert.match(faultOf(" \n", "note"), /Write something/);
  assert.equal(faultOf("", "ask"), "");
  assert.equal(faultOf("a", "note"), "");
});

test("a note that is too long is told how long it is", () => {
  assert.equal(faultOf("x".repeat(LONGEST_NOTE), "note"), "");
  assert.match(faultOf("x".repeat(LONGEST_NOTE + 1), "ask"), /this has 2,001/);
});

test("what no note may hold is taken out, lines stay", () => {
  assert.equal(tidied("  a\r\nb\tc\u0007\u202ed\u00a0e  "), "a\nb cd e");
});
