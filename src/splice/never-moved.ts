// The conversation of a protocol that can never be moved: what its server knows of a client cannot be said again. It
// remembers nothing; its client is asked to come back.

import {
  type Conversation,
  type Farewell,
  failed,
  KEEP,
  type Message,
  type Replay,
  SERVICE_RESTART,
} from "./protocol.ts";

export interface NeverMoved {
  /** As `Conversation.obstacle` says it. */
  readonly because: string;
  readonly onClientMessage?: (message: Message) => void;
  readonly onUpstreamMessage?: (message: Message) => void;
  /** `SERVICE_RESTART` if it is left out. */
  readonly farewell?: () => Farewell;
}

export function neverMoved({
  because,
  onClientMessage = () => {},
  onUpstreamMessage = () => {},
  farewell = () => SERVICE_RESTART,
}: NeverMoved): Conversation {
  return {
    onClientMessage,
    onUpstreamMessage,
    obstacle: () => because,
    replay: (): Replay => ({ begin: () => failed(because), onUpstreamMessage: () => failed(because) }),
    whileWaiting: () => KEEP,
    heartbeat: () => null,
    farewell,
  };
}
