// Changes when the engine starts a container by itself: one that is kept must not come back beside the new one when
// the machine is started again.

import { requireContainer } from "./find-container.ts";
import type { Handler } from "./handler.ts";

export const setRestartPolicy: Handler<"set-restart-policy"> = {
  async perform({ container: ref, policy }, context) {
    const container = await requireContainer(ref, context, `to set its restart policy to ${policy.Name}`);
    const { Name, MaximumRetryCount } = container.HostConfig.RestartPolicy;
    if (Name !== policy.Name || MaximumRetryCount !== policy.MaximumRetryCount) {
      await context.engine.containers.setRestartPolicy(container.Id, policy, context.signal);
    }
    return {};
  },

  inverse: ({ container, policy, before }) => [
    {
      kind: "set-restart-policy",
      container,
      policy: before,
      before: policy,
      cause: `${container.name} starts by itself as it did before`,
    },
  ],
};
