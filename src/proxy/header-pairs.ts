/** Header lines, each ending in CRLF, as names and values. */
export function headerPairs(lines: string): [string, string][] {
  if (lines === "") return [];
  const pairs: [string, string][] = [];
  for (const line of lines.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) pairs.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  return pairs;
}
