import assert from "node:assert/strict";
import { test } from "node:test";

import "./browser.mjs";

globalThis.document = { getElementById: () => ({ addEventListener: () => {} }) };
const { estimateText, verdictText } = await import("../../../../labelaudit/review/web/static/js/sample.js");

const count = (errors, low, high) => ({ name: "all", wrong: 3, errors, low, high });

test("an estimate is told with its limits and as a share", () => {
  const estimate = { all: count(63.4, 41, 1092.6), kinds: [], of: 4870 };
  assert.equal(estimateText({ unit: "boxes", judged: 100, estimate }), "63 (41 to 1,093) of 4,870 labels are wrong: 1.3\u00a0%.");
  assert.equal(estimateText({ unit: "images", judged: 100, estimate: { ...estimate, of: 364 } }), "63 (41 to 1,093) objects have no label in 364 images.");
});

test("too few verdicts make no estimate", () => {
  const few = "10 verdicts make an estimate.";
  assert.equal(estimateText({ unit: "boxes", judged: 0, estimate: null }), few);
  assert.equal(estimateText({ unit: "images", judged: 9, estimate: { all: count(null, null, null), kinds: [], of: 9 } }), few);
});

test("a verdict is told in words", () => {
  const words = [null, "ok", "wrong_class", "loose_box", "spurious", 0, 1, 12].map((verdict) => verdictText({ verdict }));
  assert.deepEqual(words, ["Open", "Right", "Wrong class", "Loose box", "Nothing there", "Nothing missing", "1 missing", "12 missing"]);
});
