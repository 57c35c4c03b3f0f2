// Numbers for people, rounded as the reports of a scan round them: halves up.

// A whole number with commas.
export function whole(value) {
  return withDigits(value, 0);
}

// An expected number of errors, to a tenth: 0.6, 1,234.0.
export function tenths(value) {
  return withDigits(value, 1);
}

// A part of all in per cent, with two digits.
export function percent(part) {
  const value = 100 * part;
  if (value > 0 && value < 0.01) return "under 0.01\u00a0%";
  return `${withDigits(value, value >= 9.95 || value === 0 ? 0 : value >= 0.995 ? 1 : 2)}\u00a0%`;
}

function withDigits(value, digits) {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
