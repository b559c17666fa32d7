// Sizes as people write them: KiB, MiB, … count in 1024, KB, MB, … in 1000, and a bare number is bytes.

const BINARY_LARGEST_FIRST = [
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
] as const;
const BYTES_PER_UNIT = new Map<string, number>([
  ...BINARY_LARGEST_FIRST,
  ["TB", 1e12],
  ["GB", 1e9],
  ["MB", 1e6],
  ["KB", 1e3],
  ["kB", 1e3],
  ["B", 1],
]);

/** The text form: a number and a unit, `64KiB`, `1.5GB`; the unit may be left out. */
export const BYTE_SIZE_PATTERN = /^(\d+(?:\.\d+)?)([KMGT]iB|[kKMGT]B|B)?$/;

/** Whole bytes; undefined for what is no size. */
export function parseByteSize(input: string | number): number | undefined {
  const bytes = typeof input === "number" ? input : parseText(input);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}

/** The shortest text that means exactly `bytes` and can be parsed back. */
export function formatByteSize(bytes: number): string {
  const [unit, unitBytes] = BINARY_LARGEST_FIRST.find(([, size]) => bytes >= size && bytes % size === 0) ?? [
    "B",
    1,
  ];
  return `${bytes / unitBytes}${unit}`;
}

function parseText(text: string): number {
  const [, amount, unit = "B"] = BYTE_SIZE_PATTERN.exec(text) ?? [];
  const bytes = Number(amount) * (BYTES_PER_UNIT.get(unit) ?? Number.NaN);
  // Floating point makes 1100000000.0000002 of 1.1GB; half a byte, on the other hand, is a mistake.
  return unit === "B" ? bytes : Math.round(bytes);
}
