// Whose a key is: the page's, or that of what has the focus.

// Fields in which text is typed: all their keys are theirs.
const TEXT = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";
// What a press works: Space and Enter are theirs, no other key. A crop of a screen is the page's own.
const PRESSED = "button, a, summary, [role=radio], input[type=checkbox], input[type=radio]";

// Whether the page leaves a key alone: `dialog` says whether one is open, which takes all.
export function isTaken(event, dialog = false) {
  const { target, key } = event;
  if (dialog || target.closest(TEXT)) return true;
  if (event.ctrlKey || event.metaKey) return !/^[zy]$/i.test(key);
  if (event.altKey && !key.startsWith("Arrow")) return true;
  return (key === "Enter" || key === " ") && Boolean(target.closest(PRESSED)) && !target.closest(".cell");
}

// A key as the table of actions has it: letters small, "Ctrl+" before it with Ctrl or Cmd, "Shift+" where both are held.
export function keyOf({ key, shiftKey = false, ctrlKey = false, metaKey = false }) {
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (!ctrlKey && !metaKey) return name;
  return `Ctrl+${shiftKey ? "Shift+" : ""}${name}`;
}
