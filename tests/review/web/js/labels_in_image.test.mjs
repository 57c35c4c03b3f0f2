import assert from "node:assert/strict";
import { test } from "node:test";

import { boxAt, classColour, tally } from "../../../../labelaudit/review/web/static/js/labels_in_image.js";

const BOXES = [[0, 0, 100, 100], [10, 10, 30, 30], [200, 200, 220, 220]];

test("of boxes upon each other the smallest is under the pointer", () => {
  assert.equal(boxAt([20, 20], BOXES, 0), 1);
  assert.equal(boxAt([60, 60], BOXES, 0), 0);
  assert.equal(boxAt([150, 150], BOXES, 0), -1);
  assert.equal(boxAt([0, 0], [], 5), -1);
});

test("a box is caught beside its edge, as far as the reach goes", () => {
  assert.equal(boxAt([224, 210], BOXES, 4), 2);
  assert.equal(boxAt([224.1, 210], BOXES, 4), -1);
});

test("classes that stand beside each other and hues that come again have other colours", () => {
  const colours = Array.from({ length: 80 }, (_, label) => classColour(label));
  assert.equal(new Set(colours).size, 80);
  assert.notEqual(colours[39].split(" ")[2], colours[73].split(" ")[2]); // nearly the same hue
  assert.equal(classColour(null), "rgb(255 255 255)");
});

test("classes of an image are counted, most first", () => {
  assert.deepEqual(tally([2, 1, 2, null, 2, 1]), [[2, 3], [1, 2], [null, 1]]);
  assert.deepEqual(tally([]), []);
});
