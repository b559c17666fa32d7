// From the checked `websocket` section to its settings: the keys around `protocol` become one description of it.

import type { ProtocolSettings, WebSocketSettings } from "./settings.ts";
import type { WebSocketConfig } from "./websocket-schema.ts";

type PathConfig = WebSocketConfig["paths"][string];
type ProtocolConfig = Pick<WebSocketConfig, "protocol" | "replay" | "swallow" | "heartbeat" | "socketIo">;

export function webSocketSettings(config: WebSocketConfig): WebSocketSettings {
  const { onCutover, onUpstreamLoss, splice, waves, paths } = config;
  return {
    onCutover,
    onUpstreamLoss,
    protocol: protocolSettings(config),
    splice: {
      maxBytes: splice.maxBytes,
      totalBytes: splice.totalBytes,
      maxMessageBytes: splice.maxMessage,
      onUnknown: splice.onUnknown,
      unknownWindowMs: splice.unknownWindow,
    },
    wavesPerSecond: waves.perSecond,
    paths: Object.fromEntries(
      Object.entries(paths).map(([prefix, path]) => [prefix, pathSettings(path, config)]),
    ),
  };
}

function pathSettings(
  { onCutover, onUpstreamLoss, ...own }: PathConfig,
  service: ProtocolConfig,
): WebSocketSettings["paths"][string] {
  const socketIo = { ...service.socketIo, ...own.socketIo };
  return {
    ...(onCutover && { onCutover }),
    ...(onUpstreamLoss && { onUpstreamLoss }),
    ...(Object.keys(own).length > 0 && { protocol: protocolSettings({ ...service, ...own, socketIo }) }),
  };
}

function protocolSettings(config: ProtocolConfig): ProtocolSettings {
  const { protocol: name, replay, swallow, heartbeat, socketIo } = config;
  if (name === "auto" || name === "socket.io") return { name, socketIo };
  if (name !== "custom") return { name };
  return {
    name,
    replay,
    swallow,
    heartbeat: heartbeat && { everyMs: heartbeat.every, message: heartbeat.message },
  };
}
