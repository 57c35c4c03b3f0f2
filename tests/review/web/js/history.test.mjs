import assert from "node:assert/strict";
import { test } from "node:test";

import { History, Steps } from "../../../../labelaudit/review/web/static/js/history.js";

test("what is taken back is done again in the order in which it was done", () => {
  const history = new History();
  for (const one of ["a", "b", "c"]) history.add(one);
  assert.deepEqual([history.takeBack(), history.takeBack()], ["c", "b"]);
  assert.deepEqual([history.again(), history.again(), history.again()], ["b", "c", null]);
  assert.deepEqual([history.takeBack(), history.takeBack(), history.takeBack(), history.takeBack()], ["c", "b", "a", null]);
});

test("what is new takes the place of what was taken back", () => {
  const history = new History();
  history.add("a");
  history.takeBack();
  history.add("b");
  assert.equal(history.again(), null);
  assert.equal(history.takeBack(), "b");
});

test("a box goes back to every shape that it had, but for those that were the same", () => {
  const steps = new Steps([0, 0, 9, 9]);
  steps.add([0, 0, 9, 9]);
  steps.add([1, 0, 10, 9]);
  steps.add([2, 0, 11, 9]);
  assert.deepEqual(steps.move(-1), [1, 0, 10, 9]);
  assert.deepEqual(steps.move(-1), [0, 0, 9, 9]);
  assert.equal(steps.move(-1), null);
  assert.deepEqual(steps.move(1), [1, 0, 10, 9]);
  steps.add([5, 5, 6, 6]);
  assert.equal(steps.move(1), null);
});

test("a box that is drawn has nothing before it", () => {
  const steps = new Steps(null);
  assert.equal(steps.move(-1), null);
  steps.add([0, 0, 1, 1]);
  assert.equal(steps.move(-1), null);
});
