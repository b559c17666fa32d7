// Finds a field of a JSON answer by a path such as `data.nodes[0].version`.

const PART = /[^.[\]]+/g;

/** Undefined when nothing is there, which is not the same as null. */
export function atJsonPath(json: unknown, path: string): unknown {
  let value = json;
  for (const key of path.match(PART) ?? []) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
