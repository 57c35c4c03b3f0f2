import assert from "node:assert/strict";
import { test } from "node:test";

import { distinct, faultOfClass, learn, rowCalled, sentClass } from "../../../../labelaudit/review/web/static/js/new_class.js";

const CLASSES = ["car", "Night bus", "car"];

test("of classes of one name, as files of several splits list them, the first is offered", () => {
  assert.deepEqual(distinct(CLASSES), [0, 1]);
  assert.deepEqual([rowCalled(CLASSES, " car "), rowCalled(CLASSES, "Car"), rowCalled(CLASSES, "tram")], [0, -1, -1]);
});

test("what can be no new class is told before the server is asked", () => {
  assert.equal(faultOfClass(CLASSES, " tram "), "");
  assert.match(faultOfClass(CLASSES, "  "), /Type the name/);
  assert.equal(faultOfClass(CLASSES, "x".repeat(200)), "");
  assert.match(faultOfClass(CLASSES, "x".repeat(201)), /at most 200 characters; this has 201/);
  assert.match(faultOfClass(CLASSES, "a\u200bb"), /no control characters/);
  assert.match(faultOfClass(CLASSES, "night  BUS"), /There is “Night bus”/);
  assert.equal(faultOfClass(CLASSES, "Night bus"), "");
});

test("a class of the dataset is sent as its row, one that only reviewers know by its name", () => {
  const session = { classes: ["car", "bus", "tram"], own_classes: 2 };
  assert.deepEqual(sentClass(session, 1), { label: 1 });
  assert.deepEqual(sentClass(session, 2), { label: null, new_class: "tram" });
  assert.deepEqual(sentClass(session, null), { label: null });
});

test("names that others gave are learned wherever an answer has them", () => {
  const classes = ["car"];
  const item = (label, name, key = "edit") => ({ fix: null, edit: null, [key]: { label, class_name: name } });
  learn(classes, { items: [item(1, "tram"), item(0, null)], conflicts: [item(2, "van", "fix")] });
  learn(classes, { item: item(3, "bike") });
  learn(classes, item(4, "cart"));
  learn(classes, { disagreements: [{ item: item(5, "sled"), verdicts: [] }] });
  learn(classes, null);
  learn(classes, { classes: ["x"] });
  assert.deepEqual(classes, ["car", "tram", "van", "bike", "cart", "sled"]);
});
