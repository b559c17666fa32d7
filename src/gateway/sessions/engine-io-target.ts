// What the target of a request says of an Engine.IO session (Socket.IO talks over it): `?EIO=4&transport=polling&sid=…`,
// under whatever path. Protocol 3 is that of Socket.IO 2, and of older clients of Socket.IO 3 and 4.

export interface EngineIoTarget {
  version: 3 | 4;
  transport: "polling" | "websocket";
  /** Null: it opens a session. */
  sid: string | null;
  /** The number of the callback of JSONP polling; null: plain polling. */
  jsonp: string | null;
}

/** Servers make 20 bytes. */
export const LONGEST_SID = 256;

/** Null: it is no request of Engine.IO. Asked for each request, hence a look that allocates nothing first. */
export function readEngineIoTarget(target: string): EngineIoTarget | null {
  const query = target.indexOf("?");
  if (query < 0 || !target.includes("EIO=", query)) return null;
  const parameters = new URLSearchParams(target.slice(query + 1));
  const version = parameters.get("EIO");
  const transport = parameters.get("transport");
  const sid = parameters.get("sid") || null;
  if (version !== "3" && version !== "4") return null;
  if (transport !== "polling" && transport !== "websocket") return null;
  if (sid !== null && sid.length > LONGEST_SID) return null;
  const jsonp = parameters.get("j")?.replace(/\D/gu, "") ?? null;
  return { version: version === "3" ? 3 : 4, transport, sid, jsonp };
}
