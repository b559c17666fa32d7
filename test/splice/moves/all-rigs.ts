// The rigs of the protocols that are moved, and of those that never are.

import { rig as actioncable } from "../rigs/actioncable-rig.ts";
import { rig as chatalot } from "../rigs/chatalot-rig.ts";
import { CUSTOM_KEYS, rig as custom } from "../rigs/custom-rig.ts";
import { rig as firstMessage } from "../rigs/first-message-rig.ts";
import { rig as graphql } from "../rigs/graphql-transport-ws-rig.ts";
import { rig as mattermost } from "../rigs/mattermost-rig.ts";
import { rig as mqttPersistent } from "../rigs/mqtt-persistent-rig.ts";
import { rig as mqttQos1 } from "../rigs/mqtt-qos1-rig.ts";
import { rig as mqtt } from "../rigs/mqtt-rig.ts";
import { rig as mqtt5Persistent } from "../rigs/mqtt5-persistent-rig.ts";
import { rig as mqtt5 } from "../rigs/mqtt5-rig.ts";
import { rig as phoenix } from "../rigs/phoenix-rig.ts";
import { plainRig, rig as plain } from "../rigs/plain-rig.ts";
import type { Rig } from "../rigs/rig.ts";
import { rig as signalr } from "../rigs/signalr-rig.ts";
import { rig as socketIo, socketIoRig } from "../rigs/socket-io-rig.ts";
import { rig as sockjs } from "../rigs/sockjs-rig.ts";
import { rig as stomp } from "../rigs/stomp-rig.ts";
import { rig as xmpp } from "../rigs/xmpp-rig.ts";

export interface MovedRig {
  readonly title: string;
  readonly rig: Rig;
  /** Beside `protocol`, as a flow mapping of YAML has them inside its braces. */
  readonly keys?: string;
  /** What a client may notice of a move, in its rig's words. */
  readonly notices?: readonly string[];
}

export const MOVED_RIGS: readonly MovedRig[] = [
  { title: "plain", rig: plain },
  { title: "plain, compressed", rig: plainRig({ serverDeflates: true, clientDeflates: true }) },
  { title: "first-message", rig: firstMessage },
  { title: "custom", rig: custom, keys: CUSTOM_KEYS },
  { title: "chatalot", rig: chatalot },
  // The web app fetches what it may have missed.
  { title: "mattermost", rig: mattermost, notices: ["hello with another connection id"] },
  { title: "socket.io", rig: socketIo },
  { title: "socket.io from polling", rig: socketIoRig(["polling", "websocket"]) },
  // The `connected` callback of each subscription runs again.
  { title: "actioncable", rig: actioncable, notices: ["connected again"] },
  { title: "phoenix", rig: phoenix },
  { title: "graphql-transport-ws", rig: graphql },
  { title: "stomp", rig: stomp },
  { title: "mqtt 3.1.1", rig: mqtt },
  { title: "mqtt 3.1.1, QoS 1", rig: mqttQos1 },
  { title: "mqtt 3.1.1, persistent", rig: mqttPersistent },
  { title: "mqtt 5", rig: mqtt5 },
  { title: "mqtt 5, persistent", rig: mqtt5Persistent },
];

export const NEVER_MOVED_RIGS: readonly MovedRig[] = [sockjs, signalr, xmpp].map((rig) => ({
  title: rig.name,
  rig,
}));

/** At once, for tests that mostly wait. A failure says whose it is. */
export async function withEachRig(
  run: (moved: MovedRig) => Promise<void>,
  rigs: readonly MovedRig[] = MOVED_RIGS,
): Promise<void> {
  const runs = await Promise.allSettled(rigs.map((moved) => run(moved)));
  const failures = runs.flatMap((each, index) =>
    each.status === "rejected" ? [`${rigs[index]?.title}: ${stackOf(each.reason)}`] : [],
  );
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
}

function stackOf(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
