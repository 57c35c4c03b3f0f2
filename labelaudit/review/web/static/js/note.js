// A note on a decision, and the question to an expert: one field, shown where the buttons are.

import { byId } from "./dom.js";

export const LONGEST_NOTE = 2000; // characters, as the server has it

const WORDS = {
  note: ["Note, kept with the decision", "Save note"],
  ask: ["What should the expert look at?", "Ask"],
};

// What is wrong with a note, in words; empty if nothing is.
export function faultOf(text, purpose) {
  if (purpose === "note" && !text.trim()) return "Write something, or press Esc.";
  if (text.length > LONGEST_NOTE) return `A note has at most ${LONGEST_NOTE.toLocaleString("en")} characters; this has ${text.length.toLocaleString("en")}.`;
  return "";
}

// Text without what no note may hold: control characters but the ends of lines.
export function tidied(text) {
  return text.replace(/\r\n?/g, "\n").replace(/[^\S\n]/g, " ").replace(/[^\P{C}\n]/gu, "").trim();
}

export class NoteForm {
  constructor({ saved, closed }) {
    this.form = byId("note");
    this.field = byId("note-text");
    this.fault = byId("note-fault");
    this.saved = saved; // told the text and "note" or "ask"
    this.closed = closed;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    byId("note-cancel").addEventListener("click", () => this.close());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.save(); }
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.close(); }
    });
    this.field.addEventListener("input", () => this.say(faultOf(this.field.value, "ask")));
  }

  get open() {
    return !this.form.hidden;
  }

  start(purpose, text = "") {
    this.purpose = purpose;
    [byId("note-label").textContent, byId("note-save").textContent] = WORDS[purpose];
    this.field.value = text;
    this.say("");
    this.form.hidden = false;
    this.field.focus();
  }

  say(fault) {
    this.fault.textContent = fault;
    this.fault.hidden = !fault;
    this.field.setAttribute("aria-invalid", String(Boolean(fault)));
  }

  save() {
    const text = tidied(this.field.value);
    const fault = faultOf(text, this.purpose);
    this.say(fault);
    if (fault) { this.field.focus(); return; }
    this.close();
    this.saved(text, this.purpose);
  }

  close() {
    byId("canvas").focus({ preventScroll: true });
    this.form.hidden = true;
    this.closed();
  }
}
