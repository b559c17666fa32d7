// What an upgrade works on: the gateway's admin API, and the app that runs behind it now.

import type { ChatVersion } from "../chat/chat-options.ts";
import type { AdminSocket } from "./admin-socket.ts";
import type { ChatProcess } from "./chat-process.ts";

export type Upstream = "blue" | "green";

export interface Stage {
  admin: Pick<AdminSocket, "call">;
  startChat: (version: ChatVersion, port: number) => Promise<ChatProcess>;
  /** Each upstream keeps its port. */
  ports: Readonly<Record<Upstream, number>>;
  active: Upstream;
  app: ChatProcess;
  /** Upstreams that the gateway has been told of. */
  known: Set<Upstream>;
}

/** Says to whoever watches what has just happened. */
export type Tell = (line: string) => void;

export function otherVersion(version: ChatVersion): ChatVersion {
  return version === "1.0.0" ? "2.0.0" : "1.0.0";
}
