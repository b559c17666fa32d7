/** A URL without what may be secret in it: user, password and query. For logs, events and the audit. */
export function redactUrl(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//***@").replace(/\?.*$/s, "?***");
}
