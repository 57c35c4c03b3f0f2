import assert from "node:assert/strict";
import { test } from "node:test";

import { serve } from "./browser.mjs";

const { Deck, ONE_BY_ONE, SCREENS } = await import("../../../../labelaudit/review/web/static/js/deck.js");

// Findings `first` to `last`.
const items = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => ({ id: first + n }));

async function filled(answers, order = "value") {
  const left = [...answers];
  const requests = serve(() => [200, { items: left.shift() ?? [] }]);
  const deck = new Deck(order, {});
  await deck.fill();
  return { deck, requests };
}

test("a deck begins with its first finding", async () => {
  const { deck, requests } = await filled([items(1, 16)]);
  assert.equal(deck.current.id, 1);
  assert.equal(requests[0].path, `/api/items?order=value&count=${ONE_BY_ONE.ahead}`);
});

test("a screen of crops has more findings at hand", async () => {
  const { requests } = await filled([items(1, 120)], "kind");
  assert.equal(requests[0].path, `/api/items?order=kind&count=${SCREENS.ahead}`);
});

test("more is asked for once few are left, behind the last one", async () => {
  const { deck, requests } = await filled([items(1, 16), items(17, 20)]);
  await deck.fill();
  assert.equal(requests.length, 1);
  deck.position = 16 - ONE_BY_ONE.low;
  await deck.fill();
  assert.ok(requests[1].path.endsWith("after=16"));
  assert.equal(deck.items.length, 20);
});

test("a finding that is known already is not in the deck twice", async () => {
  const { deck } = await filled([items(1, 3), items(2, 4)]);
  await deck.fill();
  assert.deepEqual(deck.items.map(({ id }) => id), [1, 2, 3, 4]);
});

test("two fills at once are one request", async () => {
  const requests = serve(() => [200, { items: items(1, 16) }]);
  const deck = new Deck("value", {});
  await Promise.all([deck.fill(), deck.fill()]);
  assert.equal(requests.length, 1);
});

test("at the end the server is asked once more, as others may have given findings back", async () => {
  const { deck, requests } = await filled([items(1, 1), []]);
  assert.equal(await deck.next(), false);
  assert.equal(requests.length, 2);
  assert.equal(deck.current, null);
  assert.equal(deck.previous(), true);
  assert.equal(deck.current.id, 1);
  assert.equal(deck.previous(), false);
});

test("going to a finding that is not in the deck puts it at hand", async () => {
  const { deck } = await filled([items(1, 3)]);
  deck.goTo({ id: 9 });
  assert.deepEqual(deck.items.map(({ id }) => id), [9, 1, 2, 3]);
  deck.goTo({ id: 2, state: "open" });
  assert.equal(deck.current.state, "open");
  assert.equal(deck.items.length, 4);
});
