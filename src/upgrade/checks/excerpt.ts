const LONGEST_CHARS = 120;

export type Redact = (text: string) => string;

/** What came, short enough for a message and on one line. A secret goes before the cut: half of one is not found. */
export function excerpt(text: string, redact: Redact): string {
  const line = redact(text).trim().replaceAll(/\s+/g, " ");
  return JSON.stringify(line.length <= LONGEST_CHARS ? line : `${line.slice(0, LONGEST_CHARS)}…`);
}
