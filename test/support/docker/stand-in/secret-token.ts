// A user's token is signed with the secret key of the app's configuration: with another key everybody is logged out.
// The tests make tokens with it too.

import { createHmac } from "node:crypto";
import { readText } from "./store.ts";

/** @param file with a line `secret_key = …` */
export function tokenSignedBy(file: string): string {
  const [, key] = /^secret_key *= *(\S+)$/m.exec(readText(file)) ?? [];
  if (key === undefined) throw new Error(`${file} has no secret_key`);
  return tokenOf(key);
}

export function tokenOf(key: string): string {
  return createHmac("sha256", key).update("alice").digest("hex");
}
