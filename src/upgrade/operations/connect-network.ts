// Connects a container that has not started to one more of its networks.

import { requireContainer } from "./find-container.ts";
import type { Handler } from "./handler.ts";

export const connectNetwork: Handler<"connect-network"> = {
  async perform({ container: ref, network, endpoint }, context) {
    const container = await requireContainer(ref, context, `to connect it to ${network}`);
    const isThere = Object.hasOwn(container.NetworkSettings.Networks, network);
    // There already: an earlier call, whose answer was lost.
    if (!isThere) await context.engine.networks.connect(network, container.Id, endpoint, context.signal);
    return { id: container.Id, network };
  },

  /** It leaves the network when it is removed. */
  inverse: () => [],
};
