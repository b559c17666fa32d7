// What an upgrade works on: the chat app that runs behind the gateway now, and the plans that exchange it.

import type { ChatVersion } from "../chat/chat-options.ts";
import type { PlanOrder } from "./run-plan.ts";

export type Upstream = "blue" | "green";

export interface Stage {
  /** Carries out a plan, with the variables that all of them take beside these. */
  upgrade: (plan: PlanOrder["plan"], vars: PlanOrder["vars"], tell: Tell) => Promise<void>;
  /** Each upstream keeps its port. */
  ports: Readonly<Record<Upstream, number>>;
  active: Upstream;
  version: ChatVersion;
}

/** Says to whoever watches what has just happened. */
export type Tell = (line: string) => void;

export function otherVersion(version: ChatVersion): ChatVersion {
  return version === "1.0.0" ? "2.0.0" : "1.0.0";
}
