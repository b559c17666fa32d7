// Puts the values of variables into one text. `$${` stands for `${` itself; `${secrets.…}` stays as it is.

import { nearestKey } from "../../config/nearest-key.ts";

/** What a name stands for, or why it stands for nothing here. */
export type Values = ReadonlyMap<string, string | { refusal: string }>;

export type Substituted = { text: string } | { refusal: string };

const PLACEHOLDER = /\$\$\{|\$\{([^}]*)(\}?)/g;
const SECRET = /^secrets\.[\w-]+$/;
const NAME = /^[A-Za-z_][\w-]*$/;

export function substitute(text: string, values: Values): Substituted {
  const refusals: string[] = [];
  const replaced = text.replaceAll(PLACEHOLDER, (whole: string, name?: string, close?: string) => {
    if (name === undefined) return whole;
    const meaning =
      close === "}" ? meaningOf(name, values) : { refusal: "found ${ without a }; write $${ for ${ itself" };
    if ("refusal" in meaning) refusals.push(meaning.refusal);
    return "text" in meaning ? meaning.text : whole;
  });
  const [refusal] = refusals;
  return refusal === undefined ? unescaped(replaced) : { refusal };
}

function meaningOf(name: string, values: Values): Substituted {
  if (SECRET.test(name)) return { text: `\${${name}}` };
  if (name.startsWith("env.")) return { refusal: noEnvironment(name.slice("env.".length)) };
  if (!NAME.test(name)) return { refusal: `found \${${name}}, expected the name of a variable in it` };
  const value = values.get(name);
  if (value === undefined) return { refusal: unknown(name, [...values.keys()]) };
  return typeof value === "string" ? { text: value } : value;
}

// Last, so that what an escape leaves is not taken for a placeholder.
function unescaped(text: string): Substituted {
  if (text.includes("$${secrets.")) {
    return { refusal: "found $${secrets., which cannot be told from a secret when the plan is carried out" };
  }
  return { text: text.replaceAll("$${", "${") };
}

function noEnvironment(name: string): string {
  return (
    `found \${env.${name}}, but the environment is not read; ` +
    `declare it in vars and give --var ${name}=…, or name it in secrets as { env: ${name} }`
  );
}

function unknown(name: string, known: readonly string[]): string {
  const nearest = nearestKey(name, known);
  const remedy =
    nearest === undefined ? `the variables are ${known.join(", ")}` : `did you mean \${${nearest}}?`;
  return `found \${${name}}, which is no variable; ${remedy}`;
}
