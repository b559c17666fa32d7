import { createHmac } from "node:crypto";

/** The headers of Standard Webhooks: what is signed is the id, the time in seconds, and the body. */
export function signedHeaders(
  key: Buffer | null,
  { id, body, wallMs }: { id: string; body: string; wallMs: number },
): Record<string, string> {
  const timestamp = String(Math.floor(wallMs / 1000));
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  if (key === null) return headers;
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}
