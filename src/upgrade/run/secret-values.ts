// Which values of environments are secrets, by their names and their shape: nobody declares those of a container
// that has run for years.

import type { JsonValue } from "../../lib/json.ts";
import type { Redactor } from "./redactor.ts";

const SECRET_NAME =
  /pass(?:word|wd|phrase)?(?:_|$)|pwd|secret|token|credential|private|(?:^|_)(?:api|access|encryption|signing|master|auth|app)?_?key(?:_|$)|(?:^|_)(?:auth|salt|dsn|jwt|cookie|session)(?:_|$)/i;
/** A setting beside a secret, not one: `PASSWORD_MIN_LENGTH=12`, `SESSION_SECURE=true`. */
const PLAIN_VALUE = /^(?:true|false|yes|no|on|off|null|none|\d{1,5}|\/[\w./-]*)$/i;
const PASSWORD_IN_URL = /[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:([^\s/@]+)@/gi;

/** Of `NAME=value` lines, as the engine has them. */
export function learnEnvironment(redactor: Redactor, env: readonly string[]): void {
  for (const line of env) {
    const equals = line.indexOf("=");
    if (equals > 0) learnVariable(redactor, line.slice(0, equals), line.slice(equals + 1));
  }
}

/** In whatever data: every object under the key `env` is an environment. */
export function learnEnvironmentsIn(redactor: Redactor, value: JsonValue): void {
  if (Array.isArray(value)) {
    value.forEach((item) => learnEnvironmentsIn(redactor, item));
  } else if (value !== null && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) {
      if (/^env$/i.test(key)) learnEnvironmentValue(redactor, item);
      learnEnvironmentsIn(redactor, item);
    }
  }
}

function learnEnvironmentValue(redactor: Redactor, env: JsonValue): void {
  if (Array.isArray(env)) {
    learnEnvironment(
      redactor,
      env.filter((line) => typeof line === "string"),
    );
  } else if (env !== null && typeof env === "object") {
    for (const [name, value] of Object.entries(env)) {
      if (typeof value === "string") learnVariable(redactor, name, value);
    }
  }
}

function learnVariable(redactor: Redactor, name: string, value: string): void {
  for (const [, password = ""] of value.matchAll(PASSWORD_IN_URL)) {
    learnUnlessPlaceholder(redactor, password);
    learnUnlessPlaceholder(redactor, decoded(password));
  }
  if (SECRET_NAME.test(name) && !PLAIN_VALUE.test(value)) learnUnlessPlaceholder(redactor, value);
}

function learnUnlessPlaceholder(redactor: Redactor, value: string): void {
  if (!/^\$\{secrets\.[^}]+\}$/.test(value)) redactor.learn(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
