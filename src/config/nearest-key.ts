// "Did you mean …?": the known key that a mistyped one is closest to.

/** Undefined when nothing is close enough to be meant. Case, `-` and `_` do not count: max_wait is maxWait. */
export function nearestKey(typed: string, known: readonly string[]): string | undefined {
  const plain = plainForm(typed);
  // Two in four letters: haed is head, a change of places counting as two.
  const farthest = Math.ceil(plain.length / 3);
  const [best] = known
    .map((key) => ({ key, distance: editDistance(plain, plainForm(key)) }))
    .filter(({ distance }) => distance <= farthest)
    .toSorted((one, other) => one.distance - other.distance);
  return best?.key;
}

function plainForm(key: string): string {
  // A key pasted by mistake may be of any length, and the distance costs the product of both.
  return key.slice(0, 64).toLowerCase().replaceAll(/[-_]/g, "");
}

/** Levenshtein's distance, row by row. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [row, letter] of Array.from(from).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = (above[column] ?? 0) + (letter === other ? 0 : 1);
      const removed = (above[column + 1] ?? 0) + 1;
      const added = (current[column] ?? 0) + 1;
      current.push(Math.min(replaced, removed, added));
    }
    above = current;
  }
  return above[to.length] ?? from.length;
}
