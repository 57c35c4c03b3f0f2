// Talking to the server. A decision counts as saved only when the server said so.

import { afterFrame } from "./dom.js";

export class Refused extends Error {
  constructor(status, answer) {
    super(typeof answer.detail === "string" ? answer.detail : `refused with ${status}`);
    this.status = status;
    this.answer = answer;
  }
}

let reviewer = "";

let told = () => {};

// Who is told every answer of the server.
export function listen(listener) {
  told = listener;
}

export function decideAs(name) {
  reviewer = name;
}

async function ask(path, options = {}, as = reviewer) {
  const headers = { ...options.headers, "X-Reviewer": encodeURIComponent(as) };
  const response = await fetch(path, { ...options, headers, credentials: "same-origin" }).catch((cause) => {
    throw new Error("The server does not answer.", { cause }); // what browsers say of it is no sentence
  });
  const json = (response.headers.get("content-type") || "").includes("json");
  if (response.status === 204) return null;
  const answer = json ? await response.json() : { detail: (await response.text()).trim() };
  if (!response.ok) throw new Refused(response.status, answer);
  told(answer);
  return answer;
}

export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const words = new URLSearchParams(given.flatMap(([name, value]) => [].concat(value).map((one) => [name, one])));
  return ask(given.length ? `${path}?${words}` : path);
}

export function post(path, body, as = reviewer, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body), ...options }, as);
}

// Give back what was handed to us; this goes out even while the page is closing.
export function leave() {
  return ask("/api/leave", { method: "POST", keepalive: true }).catch(() => {});
}

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID(); // only where the page is on loopback or https
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const WAITING = "labelaudit.waiting";
const PAUSES_MS = [250, 500, 1000, 2000, 4000];
const SLOW_MS = 4000; // no answer for so long is trouble
const LOST_MS = 30000; // then it is sent again: the answer was lost, or the server hangs

// Sends decisions in order, one after the other. Each has a uuid, so that sending it again after a
// lost answer changes nothing; what is not acknowledged yet survives a reload of the page.
export class Saver {
  constructor({ changed, refused }) {
    this.changed = changed; // told of every change of `state`
    this.refused = refused; // told of a decision that the server does not take
    this.waiting = [];
    this.failures = 0;
    this.slow = false; // whether the first one has waited for long
    this.reason = null; // the refusal that may pass, if there was an answer at all
    this.running = false;
    this.listeners = []; // who waits until nothing waits
  }

  get state() {
    if (!this.waiting.length) return "saved";
    return this.failures > 1 || this.slow ? "trouble" : "saving";
  }

  restore() {
    for (const { path, body, as } of JSON.parse(sessionStorage.getItem(WAITING) || "[]")) {
      this.waiting.push({ path, body, as, done: () => {} });
    }
    if (this.waiting.length) this.run();
  }

  // Resolves to the server's answer, however long that takes; rejects with `Refused`.
  send(path, body) {
    return new Promise((done, failed) => {
      this.waiting.push({ path, body: { uuid: uuid(), ...body }, as: reviewer, done, failed });
      this.note();
      afterFrame(() => this.run());
    });
  }

  // Resolves once everything is acknowledged or refused.
  settled() {
    return this.waiting.length ? new Promise((done) => this.listeners.push(done)) : Promise.resolve();
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (this.waiting.length) {
      const first = this.waiting[0];
      try {
        const answer = await this.answer(first);
        this.settle(() => first.done(answer));
      } catch (error) {
        if (error instanceof Refused && error.status < 500 && error.status !== 401) {
          this.settle(() => {
            this.refused(error);
            if (first.failed) first.failed(error);
          });
        } else { // no answer, or a server that was started anew: this page's cookie may come back
          this.reason = error instanceof Refused ? error : null;
          this.failures += 1;
          this.note();
          const pause = PAUSES_MS[Math.min(this.failures - 1, PAUSES_MS.length - 1)];
          await new Promise((resume) => window.setTimeout(resume, pause));
        }
      }
    }
    this.running = false;
  }

  async answer({ path, body, as }) {
    const slow = window.setTimeout(() => { this.slow = true; this.note(); }, SLOW_MS);
    try {
      return await post(path, body, as, { signal: AbortSignal.timeout(LOST_MS) });
    } finally {
      window.clearTimeout(slow);
    }
  }

  settle(then) {
    this.waiting.shift();
    this.failures = 0;
    this.slow = false;
    this.note();
    then();
    if (!this.waiting.length) for (const done of this.listeners.splice(0)) done();
  }

  note() {
    const kept = this.waiting.map(({ path, body, as }) => ({ path, body, as }));
    sessionStorage.setItem(WAITING, JSON.stringify(kept));
    this.changed(this);
  }
}
