// The findings in hand: those behind, the one looked at, and those fetched ahead.

import { get } from "./api.js";
import { afterFrame } from "./dom.js";

// How many findings are asked for at once, which other reviewers do not get, and how few are left when more are.
export const ONE_BY_ONE = { ahead: 16, low: 8 };
export const SCREENS = { ahead: 120, low: 90 }; // the next screen of crops, too, is here before a key asks for it

// The next findings, after the last one that is known.
export function asked(order, filter = {}, count = ONE_BY_ONE.ahead, last = null) {
  return get("/api/items", { order, count, after: last ? last.id : null, ...filter });
}

export class Deck {
  constructor(order, filter, first = null) {
    this.order = order;
    this.filter = filter;
    this.stock = order === "kind" ? SCREENS : ONE_BY_ONE;
    this.items = [];
    this.position = 0;
    this.filling = first && this.take(first); // an answer that was asked for before
    this.ended = false;
  }

  get current() {
    return this.items[this.position] || null;
  }

  get left() {
    return this.items.length - this.position - 1;
  }

  // Fetch more if few are left; one fetch at a time.
  fill() {
    if (this.filling) return this.filling;
    if (this.ended || this.left >= this.stock.low) return Promise.resolve();
    const last = this.items[this.items.length - 1];
    this.filling = this.take(asked(this.order, this.filter, this.stock.ahead, last));
    return this.filling;
  }

  fillLater() {
    afterFrame(() => this.fill().catch(() => {}));
  }

  take(answered) {
    return answered
      .then((answer) => {
        const known = new Set(this.items.map((item) => item.id));
        const fresh = answer.items.filter((item) => !known.has(item.id));
        this.items.push(...fresh);
        this.ended = !fresh.length;
      })
      .finally(() => { this.filling = null; });
  }

  // Go on to the next finding; whether there is one.
  async next() {
    this.position = Math.min(this.position + 1, this.items.length);
    if (this.current) { this.fillLater(); return true; }
    this.ended = false; // others may have given findings back since
    await this.fill();
    return Boolean(this.current);
  }

  previous() {
    if (this.position === 0) return false;
    this.position -= 1;
    return true;
  }

  // Look at a finding, fetched before or not.
  goTo(item) {
    const place = this.items.findIndex((known) => known.id === item.id);
    if (place >= 0) { Object.assign(this.items[place], item); this.position = place; return; }
    this.items.splice(this.position, 0, item);
  }

  // A box that was drawn and taken back is no finding any more.
  drop(item) {
    const place = this.items.findIndex((known) => known.id === item.id);
    if (place < 0) return;
    this.items.splice(place, 1);
    if (place < this.position) this.position -= 1;
  }

  // What was decided since a position, before what was not: a screen goes on with what is left of it.
  gather(since) {
    const rest = this.items.slice(since);
    const isLeft = (item) => item.state === "open" && !item.pending;
    const decided = rest.filter((item) => !isLeft(item));
    this.items = [...this.items.slice(0, since), ...decided, ...rest.filter(isLeft)];
    this.position = since + decided.length;
  }

  ahead(count) {
    return this.items.slice(this.position + 1, this.position + 1 + count);
  }
}
