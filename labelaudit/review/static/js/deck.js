// The findings in hand: those behind, the one looked at, and those fetched ahead.

import { get } from "./api.js";

const AHEAD = 16; // findings asked for at once; other reviewers do not get these
const LOW = 8; // fetch more when fewer than this are left

// The next findings, after the last one that is known.
export function asked(order, filter = {}, count = AHEAD, last = null) {
  return get("/api/items", { order, count, after: last ? last.id : null, ...filter });
}

export class Deck {
  constructor(order, filter, first = null) {
    this.order = order;
    this.filter = filter;
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
  fill(count = AHEAD) {
    if (this.filling) return this.filling;
    if (this.ended || this.left >= LOW) return Promise.resolve();
    const last = this.items[this.items.length - 1];
    this.filling = this.take(asked(this.order, this.filter, count, last));
    return this.filling;
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
    if (this.current) { this.fill().catch(() => {}); return true; }
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

  ahead(count) {
    return this.items.slice(this.position + 1, this.position + 1 + count);
  }
}
