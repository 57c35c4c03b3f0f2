import assert from "node:assert/strict";
import { test } from "node:test";

import { MODES, read, written } from "../../../../labelaudit/review/web/static/js/address.js";

test("an address leads back to what it was made of", () => {
  for (const mode of MODES) {
    for (const [filter, finding] of [[{}, null], [{ rule: "DUP002", class: "a & b=c", state: "any" }, "12ab-1"], [{ field: "split", value: "" }, null]]) {
      const address = written({ mode, filter, finding });
      assert.deepEqual(read(address.slice(1)), { mode, filter, finding });
    }
  }
});

test("what an address does not say is null, and what it says beside is no filter", () => {
  assert.deepEqual(read("?token=secret"), { mode: null, filter: {}, finding: null });
  assert.deepEqual(read("?order=__proto__&x=1"), { mode: null, filter: {}, finding: null });
  assert.ok(!written({ mode: "value", filter: { token: "secret" } }).includes("secret"));
});
