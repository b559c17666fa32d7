// Cookies of clients: read from what they send, and set for the gateway itself.

/**
 * The value of a cookie in a Cookie header's value; undefined when it is not there. `prefix` is its name with the
 * equals sign, so that a request costs no text but the value's.
 */
export function readCookie(cookies: string, prefix: string): string | undefined {
  for (let at = cookies.indexOf(prefix); at >= 0; at = cookies.indexOf(prefix, at + 1)) {
    const before = at === 0 ? ";" : cookies[at - 1];
    if (before !== ";" && before !== " ") continue;
    const end = cookies.indexOf(";", at);
    return cookies.slice(at + prefix.length, end < 0 ? cookies.length : end).trimEnd();
  }
  return undefined;
}

/** A header line for an answer. Lax, so that it comes along with a link in a mail. */
export function setCookieLine(name: string, value: string, seconds: number, secure: boolean): string {
  const attributes = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  return `Set-Cookie: ${name}=${value}; ${attributes}\r\n`;
}
