import { once } from "node:events";
import { request } from "node:http";
import { json } from "node:stream/consumers";

export interface AdminAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** A call of the admin API over its unix socket, as an operator's script makes it. */
export async function callAdmin(
  socketPath: string,
  method: string,
  path: string,
  body?: object,
): Promise<AdminAnswer> {
  const headers = { host: "localhost", "content-type": "application/json" };
  const outgoing = request({ socketPath, method, path, headers, agent: false });
  outgoing.end(body && JSON.stringify(body));
  const [response] = await once(outgoing, "response");
  const answer: unknown = await json(response);
  if (typeof answer !== "object" || answer === null) throw new Error(`${method} ${path} answered no object`);
  return { status: response.statusCode, body: { ...answer } };
}
