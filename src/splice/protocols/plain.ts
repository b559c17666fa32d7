// No protocol at all: an upstream that has nothing to hear of a client before its next message. Nobody can see that
// from outside, so it is chosen by name only.

import { type Conversation, DONE, KEEP, type Protocol, type Replay, SERVICE_RESTART } from "../protocol.ts";

const REPLAY: Replay = { begin: () => DONE, onUpstreamMessage: () => DONE };

const CONVERSATION: Conversation = {
  onClientMessage: () => {},
  onUpstreamMessage: () => {},
  obstacle: () => null,
  replay: () => REPLAY,
  whileWaiting: () => KEEP,
  heartbeat: () => null,
  farewell: () => SERVICE_RESTART,
};

export const plain: Protocol = {
  name: "plain",
  recognise: () => "no",
  start: () => CONVERSATION,
};
