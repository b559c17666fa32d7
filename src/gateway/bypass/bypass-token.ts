// What lets its bearer past a hold or a maintenance of one service until a moment:
//
//   chat.1767229200.4nq0…      service . expiry in seconds since 1970 . HMAC-SHA256 of both
//
// The link that an operator sends carries it, and the cookie that the link sets is the same.

import { createHmac, timingSafeEqual } from "node:crypto";

/** `expired` is said of a genuine one only. */
export type BypassVerdict = "valid" | "expired" | "invalid";

// Of a service's name config/values.ts knows what it may be made of; the length only bounds the work.
const TOKEN = /^([a-z0-9-]{1,200})\.(\d{1,12})\.([\w-]{43})$/;

/** `expiresAt` is in milliseconds since 1970; the token ends with the second that it falls into. */
export function signBypass(key: Buffer, service: string, expiresAt: number): string {
  const seconds = Math.floor(expiresAt / 1000);
  return `${service}.${seconds}.${signature(key, service, String(seconds)).toString("base64url")}`;
}

/** Null: it is no token at all. */
export function readBypass(token: string): { service: string; expiresAt: number } | null {
  const [, service, seconds] = TOKEN.exec(token) ?? [];
  return service === undefined ? null : { service, expiresAt: Number(seconds) * 1000 };
}

export function checkBypass(key: Buffer, service: string, token: string, now: number): BypassVerdict {
  const [, named, seconds = "", signed = ""] = TOKEN.exec(token) ?? [];
  if (named !== service) return "invalid";
  const given = Buffer.from(signed, "base64url");
  const expected = signature(key, service, seconds);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "invalid";
  return now < Number(seconds) * 1000 ? "valid" : "expired";
}

function signature(key: Buffer, service: string, seconds: string): Buffer {
  return createHmac("sha256", key).update(`holdgate bypass 1 ${service} ${seconds}`).digest();
}
