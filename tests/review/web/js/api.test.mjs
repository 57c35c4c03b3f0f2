import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { serve } from "./browser.mjs";

const { Refused, Saver, decideAs, get, uuid } = await import("../../../../labelaudit/review/web/static/js/api.js");

const saver = (told = {}) => new Saver({ changed: () => {}, refused: () => {}, ...told });

beforeEach(() => sessionStorage.clear());

test("a query leaves out what is not given, and repeats what is a list", async () => {
  const requests = serve(() => [200, {}]);
  await get("/api/items", { order: "value", after: null, rule: "", class: ["a b", "c"] });
  assert.equal(requests[0].path, "/api/items?order=value&class=a+b&class=c");
});

test("a request says who decides, whatever the name is written in", async () => {
  const requests = serve(() => [200, {}]);
  decideAs("Zoë");
  await get("/api/session");
  assert.equal(requests[0].headers["X-Reviewer"], "Zo%C3%AB");
});

test("a refusal has the words of the server", async () => {
  serve(() => [409, { detail: "somebody else has it" }]);
  await assert.rejects(get("/api/items"), (error) => error instanceof Refused && error.status === 409 && error.message === "somebody else has it");
});

test("a server that does not answer is told in a sentence", async () => {
  serve(() => { throw new TypeError("Failed to fetch"); });
  await assert.rejects(get("/api/outcome"), { message: "The server does not answer." });
});

test("who waits for all that is under way waits for the last of it, refused or not", async () => {
  serve((path) => (path === "/bad" ? [422, { detail: "no such finding" }] : [200, {}]));
  const sending = saver();
  const order = [];
  await sending.settled().then(() => order.push("nothing waited"));
  const sent = ["/good", "/bad"].map((path) => sending.send(path, {}).then(() => order.push(path), () => order.push(path)));
  await sending.settled();
  await Promise.all(sent);
  assert.equal(sending.state, "saved");
  assert.deepEqual(order, ["nothing waited", "/good", "/bad"]);
});

test("decisions are sent one after the other, in order", async () => {
  const requests = serve((path, { body }) => [200, { got: JSON.parse(body).n }]);
  const sending = saver();
  const answers = await Promise.all([1, 2, 3].map((n) => sending.send("/api/decisions", { n })));
  assert.deepEqual(answers.map(({ got }) => got), [1, 2, 3]);
  assert.deepEqual(requests.map(({ body }) => JSON.parse(body).n), [1, 2, 3]);
  assert.equal(sending.state, "saved");
});

test("a decision that got no answer is sent again under the same uuid", async () => {
  let lost = true;
  const requests = serve(() => {
    if (lost) { lost = false; throw new TypeError("failed to fetch"); }
    return [200, {}];
  });
  await saver().send("/api/decisions", {});
  const [first, second] = requests.map(({ body }) => JSON.parse(body).uuid);
  assert.equal(requests.length, 2);
  assert.equal(first, second);
});

test("a decision that the server does not take is not sent again, and the next one is", async () => {
  const refused = [];
  const requests = serve((path) => (path === "/bad" ? [422, { detail: "no such finding" }] : [200, {}]));
  const sending = saver({ refused: (error) => refused.push(error.message) });
  const bad = assert.rejects(sending.send("/bad", {}), Refused);
  await sending.send("/good", {});
  await bad;
  assert.deepEqual(requests.map(({ path }) => path), ["/bad", "/good"]);
  assert.deepEqual(refused, ["no such finding"]);
});

test("what is not acknowledged survives a reload of the page", async () => {
  serve(() => new Promise(() => {}));
  saver().send("/api/decisions", { n: 7 });
  const requests = serve(() => [200, {}]);
  const anew = saver();
  anew.restore();
  while (anew.state !== "saved") await new Promise((resume) => setTimeout(resume, 1));
  assert.equal(JSON.parse(requests[0].body).n, 7);
  assert.equal(sessionStorage.getItem("labelaudit.waiting"), "[]");
});

test("a uuid is one of version 4 where the browser makes none itself, too", () => {
  const own = crypto.randomUUID;
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    assert.match(uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  } finally {
    Object.defineProperty(crypto, "randomUUID", { value: own, configurable: true });
  }
});
