import assert from "node:assert/strict";
import { test } from "node:test";

import { bounded, dragged, partAt, resized, rowsMatching, shifted } from "../../../../labelaudit/review/web/static/js/box_shapes.js";

const SIZE = { width: 100, height: 50 };
const BOX = [10, 10, 30, 20];

test("a box stays within the image, its corners in order", () => {
  assert.deepEqual(bounded([120, 40, -5, 10.004], SIZE), [0, 10, 100, 40]);
});

test("a box that is moved against the border keeps its size", () => {
  assert.deepEqual(shifted(BOX, 200, -200, SIZE), [80, 0, 100, 10]);
  assert.deepEqual(shifted(BOX, -0.2, 1, SIZE), [9.8, 11, 29.8, 21]);
});

test("a box cannot be made smaller than a fifth of a pixel", () => {
  assert.deepEqual(resized(BOX, -100, -100, SIZE), [10, 10, 10.2, 10.2]);
  assert.deepEqual(resized(BOX, 1, 2, SIZE), [10, 10, 31, 22]);
});

test("a handle moves its own edges, over the opposite ones, too", () => {
  assert.deepEqual(dragged(BOX, "e", [5, 5], SIZE), [10, 10, 35, 20]);
  assert.deepEqual(dragged(BOX, "nw", [1, 2], SIZE), [11, 12, 30, 20]);
  assert.deepEqual(dragged(BOX, "e", [-25, 0], SIZE), [5, 10, 10, 20]);
  assert.deepEqual(dragged(BOX, "inside", [5, 5], SIZE), [15, 15, 35, 25]);
});

test("a drag leaves the box that it began with", () => {
  const before = [...BOX];
  dragged(before, "se", [3, 3], SIZE);
  assert.deepEqual(before, BOX);
});

test("a handle is caught up to its reach and not beyond", () => {
  assert.equal(partAt([99, 50], [10, 10, 90, 90], 9), "e");
  assert.equal(partAt([99.1, 50], [10, 10, 90, 90], 9), null);
  assert.equal(partAt([8, 8], [10, 10, 90, 90], 9), "nw");
  assert.equal(partAt([50, 50], [10, 10, 90, 90], 9), "inside");
});

test("names that begin with what was typed come before those that contain it", () => {
  const names = ["white car", "Car", "bus", "carriage"];
  assert.deepEqual(rowsMatching(names, " CAR ", 60), [1, 3, 0]);
  assert.deepEqual(rowsMatching(names, "", 60), [0, 1, 2, 3]);
  assert.deepEqual(rowsMatching(names, "car", 1), [1]);
  assert.deepEqual(rowsMatching(names, "tram", 60), []);
});
