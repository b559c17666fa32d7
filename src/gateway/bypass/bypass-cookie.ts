// The cookie of a bypass. Its name has the service's, since several may share a host.

import { PRIVATE_COOKIES } from "../../proxy/request-headers.ts";

const PREFIX = `${PRIVATE_COOKIES}bypass_`;

export function bypassCookie(service: string, cookieHeader: string): string | null {
  const name = `${PREFIX}${service}=`;
  for (const cookie of cookieHeader.split(";")) {
    const text = cookie.trim();
    if (text.startsWith(name)) return text.slice(name.length);
  }
  return null;
}

/** Those whose cookies the client has, valid or not. */
export function bypassedServices(cookieHeader: string): string[] {
  const names = cookieHeader.split(";").map((cookie) => cookie.trim().split("=", 1)[0] ?? "");
  return names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .filter((service) => /^[a-z0-9-]+$/.test(service));
}

/** The value of a Set-Cookie header; `seconds` of 0 takes the cookie away. Lax, so that a link from a mail works. */
export function setBypassCookie(service: string, token: string, seconds: number, secure: boolean): string {
  const attributes = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  return `${PREFIX}${service}=${token}; ${attributes}`;
}
