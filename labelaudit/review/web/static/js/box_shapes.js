// The arithmetic of editing a box: corners [left, top, right, bottom] in image pixels, sizes { width, height }.

export const STEP = 1; // pixels for an arrow key
export const FINE = 0.2; // and with Alt

const EDGES = { n: [1], s: [3], w: [0], e: [2], nw: [0, 1], ne: [2, 1], sw: [0, 3], se: [2, 3] };

// A box within the image, its corners in order, in hundredths of a pixel.
export function bounded([a, b, c, d], { width, height }) {
  const bound = (value, limit) => Math.round(Math.min(Math.max(value, 0), limit) * 100) / 100;
  return [bound(Math.min(a, c), width), bound(Math.min(b, d), height), bound(Math.max(a, c), width), bound(Math.max(b, d), height)];
}

// The box moved, as far as the image goes; its size stays.
export function shifted([left, top, right, bottom], x, y, { width, height }) {
  const dx = Math.min(Math.max(x, -left), width - right);
  const dy = Math.min(Math.max(y, -top), height - bottom);
  return bounded([left + dx, top + dy, right + dx, bottom + dy], { width, height });
}

// The box with its right and lower edge moved; a fifth of a pixel of it is left.
export function resized([left, top, right, bottom], x, y, size) {
  return bounded([left, top, Math.max(left + FINE, right + x), Math.max(top + FINE, bottom + y)], size);
}

// The box after its part was dragged: an edge or corner as in EDGES, or its inside.
export function dragged(xyxy, part, [dx, dy], size) {
  if (part === "inside") return shifted(xyxy, dx, dy, size);
  const box = [...xyxy];
  for (const side of EDGES[part]) box[side] += side % 2 ? dy : dx;
  return bounded(box, size);
}

// What of a box is at a position, `reach` around its edges: an edge or corner, its inside, or nothing.
export function partAt([x, y], [left, top, right, bottom], reach) {
  if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) return null;
  const near = (a, b) => Math.abs(a - b) <= reach;
  const vertical = near(y, bottom) ? "s" : near(y, top) ? "n" : "";
  const horizontal = near(x, right) ? "e" : near(x, left) ? "w" : "";
  return vertical + horizontal || "inside";
}

// Rows of the names that begin with what was typed, then those that contain it; `most` of them.
export function rowsMatching(names, text, most) {
  const typed = text.trim().toLowerCase();
  const rows = names.map((name, row) => [name.toLowerCase(), row]);
  const first = rows.filter(([name]) => name.startsWith(typed));
  const second = rows.filter(([name]) => typed && !name.startsWith(typed) && name.includes(typed));
  return [...first, ...second].slice(0, most).map(([, row]) => row);
}
