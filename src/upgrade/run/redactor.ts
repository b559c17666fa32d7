// Takes secrets out of whatever leaves the runner: journal, log, report, events. It knows their values, and the
// forms in which they come back in messages of others: as JSON, in a URL, in base64.

import type { JsonValue } from "../../lib/json.ts";

const MASK = "***";
/** Shorter ones would be found everywhere. */
const SHORTEST = 4;
/** Of a secret of several lines, such as a key: what is printed comes line by line. */
const SHORTEST_LINE = 8;

export class Redactor {
  readonly #forms = new Set<string>();
  #pattern: RegExp | null = null;

  /** What it learns is taken out from now on. */
  learn(secret: string): void {
    const known = this.#forms.size;
    for (const value of new Set([secret, secret.trim(), ...linesOf(secret)])) {
      if (value.length >= SHORTEST) formsOf(value).forEach((form) => this.#forms.add(form));
    }
    if (this.#forms.size !== known) this.#pattern = null;
  }

  text(text: string): string {
    if (this.#forms.size === 0) return text;
    this.#pattern ??= patternOf(this.#forms);
    return text.replace(this.#pattern, MASK);
  }

  /** A copy of the same shape. */
  json<Value>(value: Value): Value;
  json(value: JsonValue | undefined): JsonValue | undefined {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.json(item));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.json(item)]));
  }
}

function linesOf(secret: string): string[] {
  const lines = secret.split("\n").map((line) => line.trim());
  return lines.filter((line) => line.length >= SHORTEST_LINE);
}

function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const forms = [value, json, encodeURIComponent(value), encodeURI(value), ...base64Forms(value)];
  // A form of `+` for a blank, as in a query.
  return [...forms, encodeURIComponent(value).replaceAll("%20", "+")].filter(
    (form) => form.length >= SHORTEST,
  );
}

/** At each of the three places within a group of three bytes, without what depends on its neighbours. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64");
    const inner = whole.slice(offset === 0 ? 0 : 4);
    // What is left of a short secret would be found in any base64.
    return inner.length < 2 * SHORTEST ? [] : [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** The longest first: of two secrets the one may be the beginning of the other. */
function patternOf(forms: ReadonlySet<string>): RegExp {
  const sorted = [...forms].toSorted((one, other) => other.length - one.length);
  return new RegExp(sorted.map((form) => RegExp.escape(form)).join("|"), "g");
}
