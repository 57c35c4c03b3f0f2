// Classes that the dataset does not have yet: what can be one, how it is sent, and what others named.

import { shortened, visible } from "./dom.js";

export const LONGEST_CLASS = 200; // characters, as the server has it

const folded = (name) => name.trim().toLowerCase().replace(/\s+/g, " ");

// Rows of classes, of several of one name the first: files of several splits list each their own.
export function distinct(classes) {
  const seen = new Set();
  return classes.map((name, row) => [name, row]).filter(([name]) => !seen.has(name) && seen.add(name)).map(([, row]) => row);
}

// The row of a class that is called so; -1 if there is none.
export function rowCalled(classes, text) {
  return classes.indexOf(text.trim());
}

// Why a text can be no new class, as far as the page knows; empty if nothing speaks against it.
export function faultOfClass(classes, text) {
  const name = text.trim();
  if (!name) return "Type the name of the class.";
  if (name.length > LONGEST_CLASS) return `A class has at most ${LONGEST_CLASS} characters; this has ${name.length}.`;
  if (visible(name) !== name) return "A name of a class has no control characters.";
  const alike = classes.find((one) => folded(one) === folded(name) && one !== name);
  return alike === undefined ? "" : `There is “${shortened(alike, 40)}”, which differs in capitals or spaces alone: choose that.`;
}

// The class of a box as it is sent: its row, or the name of one that only reviewers know.
// A row of theirs is of this run of the server alone.
export function sentClass({ classes, own_classes: own }, label) {
  if (label === null || label === undefined || label < own) return { label };
  return { label: null, new_class: classes[label] };
}

// Take in the names of classes that reviewers named, wherever an answer of the server has them.
export function learn(classes, answer) {
  if (!answer || typeof answer !== "object") return;
  for (const fix of [answer.fix, answer.edit]) {
    if (fix && fix.class_name) classes[fix.label] = fix.class_name;
  }
  for (const more of [answer.item, ...(answer.items ?? []), ...(answer.conflicts ?? []), ...(answer.disagreements ?? [])]) learn(classes, more);
}
