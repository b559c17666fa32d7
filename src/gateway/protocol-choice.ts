// From the configured protocol to the modules that know it.

import type { ProtocolSettings } from "../config/settings.ts";
import type { Protocol } from "../splice/protocol.ts";
import { customProtocol } from "../splice/protocols/custom.ts";
import { PROTOCOLS, protocolNamed } from "../splice/protocols/recognise.ts";
import type { PolledSessions } from "../splice/protocols/socket-io-polling.ts";
import { socketIoWith } from "../splice/protocols/socket-io.ts";
import type { ProtocolChoice } from "../splice/talk.ts";

export function protocolChoice(settings: ProtocolSettings, polled: PolledSessions | null): ProtocolChoice {
  if (settings.name === "custom") return { named: customProtocol(settings) };
  if (settings.name !== "auto" && settings.name !== "socket.io") return { named: found(settings.name) };
  const socketIo = socketIoWith(settings.socketIo, polled);
  if (settings.name === "socket.io") return { named: socketIo };
  return { among: PROTOCOLS.map((each) => (each.name === socketIo.name ? socketIo : each)) };
}

function found(name: string): Protocol {
  const protocol = protocolNamed(name);
  if (!protocol) throw new TypeError(`the configuration knows a protocol that is not there: ${name}`);
  return protocol;
}
