// The cookie of a bypass. Its name has the service's, since several may share a host.

import { PRIVATE_COOKIES } from "../../proxy/request-headers.ts";
import { readCookie, setCookieLine } from "../cookies.ts";

const PREFIX = `${PRIVATE_COOKIES}bypass_`;

export function bypassCookie(service: string, cookieHeader: string): string | undefined {
  return readCookie(cookieHeader, `${PREFIX}${service}=`);
}

/** Those whose cookies the client has, valid or not. */
export function bypassedServices(cookieHeader: string): string[] {
  const names = cookieHeader.split(";").map((cookie) => cookie.trim().split("=", 1)[0] ?? "");
  return names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .filter((service) => /^[a-z0-9-]+$/.test(service));
}

/** `seconds` of 0 takes the cookie away. */
export function bypassCookieLine(service: string, token: string, seconds: number, secure: boolean): string {
  return setCookieLine(`${PREFIX}${service}`, token, seconds, secure);
}
