const LONGEST_CHARS = 120;

/** What came, short enough for a message and on one line. */
export function excerpt(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return JSON.stringify(line.length <= LONGEST_CHARS ? line : `${line.slice(0, LONGEST_CHARS)}…`);
}
