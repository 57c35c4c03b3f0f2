// What can be taken back and done again: lists of decisions that were made together, as [finding, verdict, fix, note].

export class History {
  constructor() {
    this.done = [];
    this.undone = [];
  }

  // Something new was decided: what was taken back before is gone.
  add(decisions) {
    this.done.push(decisions);
    this.undone = [];
  }

  // The last that was done; it may be done again.
  takeBack() {
    const last = this.done.pop() ?? null;
    if (last) this.undone.push(last);
    return last;
  }

  // The last that was taken back; it counts as done.
  again() {
    const last = this.undone.pop() ?? null;
    if (last) this.done.push(last);
    return last;
  }
}

// The shapes that a box had while it was edited.
export class Steps {
  constructor(first) {
    this.all = first ? [first] : [];
    this.at = this.all.length - 1;
  }

  add(step) {
    if (String(step) === String(this.all[this.at])) return;
    this.all.splice(this.at + 1, Infinity, step);
    this.at += 1;
  }

  // The step before or after, or null at the end.
  move(by) {
    if (!(this.at + by in this.all)) return null;
    this.at += by;
    return this.all[this.at];
  }
}
