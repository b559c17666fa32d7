// A problem in the configuration, and how the value that caused it is shown.

export type KeyPath = readonly (string | number)[];

export interface Problem {
  path: KeyPath;
  /** What was found and what was expected, complete. */
  text: string;
}

const LONGEST_SHOWN = 60;

/** The value as a message may show it: short, and without what could be a secret. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty mapping" : "a mapping";
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return JSON.stringify(value);
  const masked = maskCredentials(value);
  return JSON.stringify(masked.length > LONGEST_SHOWN ? `${masked.slice(0, LONGEST_SHOWN)}…` : masked);
}

/** The value that `path` leads to; undefined when there is none. */
export function valueAt(data: unknown, path: KeyPath): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** `services.chat.websocket.paths["/ws"].onCutover` */
export function pathText(path: KeyPath): string {
  return path.map(keyText).join("").replace(/^\./, "");
}

function keyText(key: string | number): string {
  return typeof key === "string" && /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

// A user and password, or a token in a query, may stand in any URL that was pasted where it does not belong.
function maskCredentials(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, "$1***@").replace(/\?.*$/s, "?***");
}
