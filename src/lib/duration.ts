// Durations as people write them. A number is milliseconds; a string needs its unit, because a bare "30"
// has meant seconds to one half of all operators and milliseconds to the other.

const LARGEST_FIRST = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;
const MS_PER_UNIT = new Map<string, number>(LARGEST_FIRST);

/** The text form: a number and one unit, `500ms`, `30s`, `1.5h`. */
export const DURATION_PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Whole milliseconds; undefined for what is no duration. */
export function parseDuration(input: string | number): number | undefined {
  const ms = typeof input === "number" ? input : parseText(input);
  const rounded = Math.round(ms);
  return Number.isSafeInteger(rounded) && ms >= 0 ? rounded : undefined;
}

/** The shortest text that means exactly `ms` (rounded to a whole one) and can be parsed back. */
export function formatDuration(ms: number): string {
  const rounded = Math.round(ms);
  if (rounded === 0) return "0s";
  const [unit, unitMs] = LARGEST_FIRST.find(([, size]) => rounded % size === 0) ?? ["ms", 1];
  return `${rounded / unitMs}${unit}`;
}

function parseText(text: string): number {
  const [, amount, unit = ""] = DURATION_PATTERN.exec(text) ?? [];
  return Number(amount) * (MS_PER_UNIT.get(unit) ?? Number.NaN);
}
