import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { createElement: (tag) => ({ tag, parts: [], append(...parts) { this.parts.push(...parts); }, setAttribute() {} }), getElementById: () => null };
const { marked } = await import("../../../../labelaudit/review/web/static/js/dom.js");
const { likelyWords } = await import("../../../../labelaudit/review/web/static/js/panel.js");
const { changeWords, faultOfFilter } = await import("../../../../labelaudit/review/web/static/js/dialogs.js");
const { percent, tenths, whole } = await import("../../../../labelaudit/review/web/static/js/numbers.js");
const { share, verdictOf } = await import("../../../../labelaudit/review/web/static/js/overview.js");

test("what stands between backticks on a rule's page is code, and no mark is left", () => {
  const parts = marked("Where `max_each` is ``a`` of 2**53, `x");
  assert.deepEqual(parts.map((part) => (typeof part === "string" ? part : part.parts)), ["Where ", ["max_each"], " is ", ["a"], " of 2**53, `x"]);
});

test("a missing box is told as a label that is missing", () => {
  assert.equal(likelyWords({ box: null, fix: { adds: true } }), "likely that a label is missing here");
  assert.equal(likelyWords({ box: 3, fix: { adds: false } }), "likely to be wrong");
  assert.equal(likelyWords({ box: null, fix: null }), "likely that something is wrong here");
});

test("a filter that finds nothing by its own words is told before it is used", () => {
  assert.equal(faultOfFilter({ min_probability: "0.5", max_probability: "0.5" }), "");
  assert.match(faultOfFilter({ min_probability: "0.6", max_probability: "0.5" }), /From 0.6 to 0.5 there is nothing/);
  assert.equal(faultOfFilter({ min_probability: "0.6", max_probability: "" }), "");
  assert.match(faultOfFilter({ field: "", value: "ann" }), /choose that, too/);
  assert.equal(faultOfFilter({ field: "annotator", value: "" }), "");
});

test("what decisions change is told in records, and that a copy would be the same where nothing does", () => {
  const none = { records: 0, fixes: 0, without_fix: 0, conflicts: [] };
  assert.match(changeWords(none), /Nothing changes yet: no fix was accepted.*A copy would be the same/);
  assert.match(changeWords({ ...none, without_fix: 2 }), /2 accepted findings propose nothing/);
  assert.match(changeWords({ ...none, conflicts: ["a"] }), /contradict each other/);
  assert.equal(changeWords({ ...none, records: 2, fixes: 3 }), "2 records will change, by 3 fixes.");
});

test("how bad it is stands in a sentence, with what a model adds", () => {
  const dataset = { boxes: 1000, images: 100 };
  const none = { wrong_boxes: 0, wrong_images: 0, errors: 0, by_model: false, missing: 0, doubted: 0 };
  assert.equal(verdictOf(none, dataset), "Rules alone find no wrong label among 1,000.");
  assert.equal(verdictOf({ ...none, wrong_boxes: 1, wrong_images: 1, errors: 1, missing: 0.4 }, dataset), "Rules alone find 1 wrong label of 1,000 (0.10\u00a0%), in 1 image of 100 (1.0\u00a0%).");
  assert.match(verdictOf({ wrong_boxes: 10, wrong_images: 8, errors: 62.5, by_model: true, missing: 5 }, dataset), /about 63 of the labels with findings are wrong\. About 5 objects may have no label/);
  assert.equal(verdictOf({ ...none, doubted: 12 }, dataset), "Rules alone find no wrong label among 1,000. A model doubts 12 more labels and places: an order to look in, and no number of errors.");
  assert.equal(share(0, 0), "0\u00a0%");
});

test("numbers are rounded as reports round them: halves up, expected errors to a tenth, shares to two digits", () => {
  assert.deepEqual([2.5, 3.49, 1234].map(whole), ["3", "3", "1,234"]);
  assert.deepEqual([0.6, 1, 14.25, 0.649, 1234].map(tenths), ["0.6", "1.0", "14.3", "0.6", "1,234.0"]);
  assert.deepEqual([0, 0.00004, 0.0013, 0.0202, 0.25, 1].map(percent), ["0", "under 0.01", "0.13", "2.0", "25", "100"].map((words) => `${words}\u00a0%`));
});
