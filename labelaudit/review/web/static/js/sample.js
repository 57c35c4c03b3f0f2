// One of a sample at a time: labels, or images, drawn with equal chances. A key judges it; what the verdicts
// so far say of all of them grows beside it.

import { get } from "./api.js";
import { afterFrame, announce, byId, counted, element, named, present, shortened, toast, visible } from "./dom.js";
import { arrived, imageOf, prefetch } from "./images.js";
import { percent, whole } from "./numbers.js";
import { sceneOf } from "./panel.js";

const AHEAD = 16; // tasks that are asked for at once
const LOW = 8; // and how few are left when more are
const ENOUGH = 10; // verdicts that make an estimate

export const UNITS = { "sample-boxes": "boxes", "sample-images": "images" };

const KINDS = { wrong_class: "of another class", loose_box: "loose", spurious: "on nothing" };
const VERDICTS = { ok: "Right", wrong_class: "Wrong class", loose_box: "Loose box", spurious: "Nothing there" };

const QUESTIONS = {
  boxes: ["Is this label right?", "Right is a label whose class is right and whose box fits. Judge every one: to pass over the hard ones spoils the estimate."],
  images: ["How many objects have no label?", "Count what should have a box and has none, of all classes. Judge every image: to pass over the hard ones spoils the estimate."],
};

export function verdictText(task) {
  if (task.verdict === null) return "Open";
  if (typeof task.verdict === "number") return task.verdict ? `${task.verdict} missing` : "Nothing missing";
  return VERDICTS[task.verdict];
}

// A number with its limits: 63 (41 to 92).
function withLimits({ errors, low, high }) {
  return `${whole(errors)} (${whole(low)} to ${whole(high)})`;
}

// What a sample says so far, in words.
export function estimateText({ unit, estimate }) {
  if (!estimate || estimate.all.errors === null) return `${ENOUGH} verdicts make an estimate.`;
  const { all, of } = estimate;
  if (unit === "images") return `${withLimits(all)} objects have no label in ${counted(of, "image")}.`;
  return `${withLimits(all)} of ${counted(of, "label")} are wrong: ${percent(all.errors / of)}.`;
}

// A task as something that can be drawn like a finding.
function itemOf(task) {
  return { ...task, id: `task ${task.id}`, other: null, other_xyxy: null, other_label: null, fix: null, edit: null };
}

export class SampleDesk {
  constructor(session, desk, saver, { judged, ended }) {
    this.session = session;
    this.desk = desk; // whose canvas and panel are used
    this.saver = saver;
    this.judged = judged; // told the sample after each verdict
    this.ended = ended; // told when nothing is left
    this.unit = "boxes";
    this.tasks = [];
    this.done = []; // tasks that were judged here, last one last
    byId("how-many").addEventListener("submit", (event) => {
      event.preventDefault();
      this.judge(byId("how-many-input").valueAsNumber);
    });
  }

  async begin(unit) {
    this.unit = unit;
    this.tasks = [];
    this.position = 0;
    this.done = [];
    this.image = null;
    this.out = false;
    this.sample = null;
    await this.fill();
  }

  get task() {
    return this.tasks[this.position] || null;
  }

  fill() {
    if (this.filling) return this.filling;
    if (this.out || this.tasks.length - this.position - 1 >= LOW) return Promise.resolve();
    const last = this.tasks[this.tasks.length - 1];
    this.filling = get("/api/tasks", { unit: this.unit, count: AHEAD, after: last ? last.id : null })
      .then(({ tasks, sample }) => {
        const known = new Set(this.tasks.map(({ id }) => id));
        const fresh = tasks.filter(({ id }) => !known.has(id));
        this.tasks.push(...fresh);
        this.out = !fresh.length;
        this.sample ??= sample; // later, verdicts tell
      })
      .finally(() => { this.filling = null; });
    return this.filling;
  }

  show() {
    const { task } = this;
    byId("how-many").hidden = true;
    this.desk.neighbours.clear();
    this.desk.panel.choose(null);
    byId("unpictured").replaceChildren();
    this.judged(this.sample);
    if (!task) { this.ended(this.sample); return; }
    byId("desk").hidden = false;
    byId("done").hidden = true;
    for (const button of byId("verdicts").querySelectorAll("[data-unit]")) button.hidden = button.dataset.unit !== this.unit;
    const ready = arrived(task.image);
    this.showPanel(task, ready);
    byId("image-name").textContent = task.image_name === null ? "" : visible(task.image_name).slice(-200);
    announce(`${QUESTIONS[this.unit][0]} ${task.class_name === null ? "" : visible(task.class_name)} ${verdictText(task)}`);
    if (task.image === null) this.desk.nothingToShow("The labels have changed since this sample was drawn.");
    else this.showing = this.showImage(task);
    afterFrame(() => ready.then(() => this.task === task && prefetch(this.tasks.slice(this.position + 1, this.position + 9))));
  }

  showPanel(task, ready) {
    const [question, hint] = QUESTIONS[this.unit];
    const about = this.unit === "boxes" ? ["Labelled as ", element("strong", {}, named(task.class_name ?? "", 80))] : [named(task.image_name ?? "", 80)];
    this.desk.panel.body.replaceChildren(...present([
      element("div", { class: "head" },
        element("span", { class: "severity" }, "sample"),
        element("span", { class: "code" }, `${(task.place + 1).toLocaleString("en")} of ${this.sample.tasks.toLocaleString("en")}`),
        element("span", { class: "state", id: "state" }, this.stateOf(task))),
      element("h1", {}, question),
      element("p", { class: "message" }, ...about),
      element("p", { class: "hint" }, hint),
      this.estimate(),
      task.label === null ? null : this.desk.panel.others({ box: task.box, other: null }, task.label, 8, ready),
    ]));
  }

  stateOf(task) {
    return task.reviewer ? `${verdictText(task)} by ${shortened(task.reviewer, 40)}` : verdictText(task);
  }

  // What the verdicts so far say of all.
  estimate() {
    const { sample } = this;
    const { estimate } = sample;
    const kinds = estimate ? estimate.kinds.filter(({ errors }) => errors !== null) : [];
    return element("div", { class: "estimate", id: "estimate" },
      element("h2", {}, `${sample.judged.toLocaleString("en")} of ${sample.tasks.toLocaleString("en")} judged`),
      element("p", {}, estimateText(sample)),
      kinds.length ? element("table", {}, ...kinds.map((kind) => element("tr", {}, element("td", {}, KINDS[kind.name]), element("td", {}, withLimits(kind))))) : null);
  }

  async showImage(task) {
    if (this.image && this.image.row !== task.image) this.image = null;
    try {
      const image = await imageOf(task.image);
      if (this.task !== task) return; // another key came first
      this.image = image;
      byId("stage").classList.remove("empty");
      byId("not-shown").hidden = image.shown;
      byId("not-shown").textContent = image.shown ? "" : `Image not shown: ${image.reason}`;
      this.paint(true);
    } catch (error) {
      if (this.task === task) this.desk.nothingToShow(`The image could not be asked for: ${error.message}`);
    }
  }

  paint(focus = false) {
    const { task, image } = this;
    if (!task || !image) return;
    const { classes } = this.session;
    this.desk.viewer.show(sceneOf(itemOf(task), image, { classes, others: this.desk.others }), focus ? task.xyxy : null);
  }

  zoomToBox() {
    if (this.task && this.task.xyxy && this.image) this.desk.viewer.zoomTo(this.task.xyxy);
  }

  // Write a verdict down and go on; it counts once the server says so.
  judge(verdict) {
    const { task } = this;
    if (!task || task.image === null) return;
    this.done.push(task);
    this.send(task, verdict);
    this.next();
  }

  send(task, verdict) {
    task.verdict = verdict;
    task.reviewer = null;
    return this.saver.send("/api/verdicts", { task: task.id, verdict }).then((answer) => {
      Object.assign(task, answer.task);
      this.sample = answer.sample;
      this.judged(this.sample);
      const shown = byId("estimate");
      if (shown) shown.replaceWith(this.estimate());
      if (this.task === task) byId("state").textContent = this.stateOf(task);
      if (!this.task) this.ended(this.sample);
    }, () => { // the server says why, at the top of the page
      task.verdict = null;
      this.goTo(task);
    });
  }

  async undo() {
    const task = this.done.pop();
    if (!task) { toast("Nothing to undo"); return; }
    this.send(task, null);
    this.goTo(task);
    toast("Undone: 1 verdict");
  }

  goTo(task) {
    this.position = this.tasks.indexOf(task);
    this.show();
  }

  async next() {
    this.position = Math.min(this.position + 1, this.tasks.length);
    if (this.task) afterFrame(() => this.fill().catch(() => {}));
    else {
      this.out = false; // others may have given tasks back since
      await this.fill().catch(() => {});
    }
    this.show();
  }

  previous() {
    if (this.position === 0) { announce("This is the first one"); return; }
    this.position -= 1;
    this.show();
  }

  askHowMany() {
    byId("how-many").hidden = false;
    byId("how-many-input").value = "";
    byId("how-many-input").focus();
  }
}
