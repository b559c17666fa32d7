// What a look at one thing says.

export type CheckResult = { ok: true } | Bad;
/** With a value, for what later looks need. */
export type Found<Value> = { ok: true; value: Value } | Bad;

export interface Bad {
  ok: false;
  /** What was found in place of what must be there; holds no secret. */
  reason: string;
}

export const GOOD: CheckResult = { ok: true };

export function bad(reason: string): Bad {
  return { ok: false, reason };
}

export function found<Value>(value: Value): Found<Value> {
  return { ok: true, value };
}

/** The first that is bad, of looks that are made one after another. */
export async function allGood<Item>(
  items: readonly Item[],
  look: (item: Item) => Promise<CheckResult>,
): Promise<CheckResult> {
  for (const item of items) {
    const result = await look(item);
    if (!result.ok) return result;
  }
  return GOOD;
}
