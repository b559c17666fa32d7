// An operation as the call that it makes, for people who know Docker's and Holdgate's APIs. Never a value of an
// environment or a header: those may be secrets, and are of no help here.

import { formatDuration } from "../../lib/duration.ts";
import type { ContainerRef, Operation, OperationKind, OperationOf } from "../operations/operation.ts";
import { gatewayCalls } from "./gateway-calls.ts";
import { workCalls } from "./work-calls.ts";

type Calls = { [Kind in OperationKind]: (operation: OperationOf<Kind>) => string };

const CALLS: Calls = {
  ...gatewayCalls,
  ...workCalls,

  "create-container": ({ name, like, image }) => {
    return `docker: create the container ${name} like ${shown(like)}, from ${image}`;
  },
  "connect-network": ({ container, network }) =>
    `docker: connect ${shown(container)} to the network ${network}`,
  "carry-files": ({ from, to, paths }) =>
    `docker: copy ${paths.join(", ")} from ${shown(from)} to ${shown(to)}`,
  "set-restart-policy": ({ container, policy, before }) => {
    return `docker: set the restart policy of ${shown(container)} to ${policy.Name || "no"} (was ${before.Name || "no"})`;
  },
  "stop-container": ({ container, graceMs, signal, wasRunning }) => {
    const how = [signal ?? "", graceMs === null ? "" : `killed after ${formatDuration(graceMs)}`].filter(
      Boolean,
    );
    const words = how.length === 0 ? "" : ` (${how.join(", ")})`;
    return `docker: stop ${shown(container)}${words}${wasRunning ? "" : "; it does not run"}`;
  },
  "start-container": ({ container }) => `docker: start ${shown(container)}`,
  "await-running": ({ container, ports, waitMs }) => {
    const where = ports.length === 0 ? "" : ` and answers at ${ports.join(", ")}`;
    return `wait at most ${formatDuration(waitMs)} until ${shown(container)} runs${where}`;
  },
  "rename-container": ({ from, to }) => `docker: rename ${from} to ${to}`,
  "pause-container": ({ container }) => `docker: pause ${shown(container)}`,
  "unpause-container": ({ container }) => `docker: unpause ${shown(container)}`,
  "remove-container": ({ container }) => `docker: remove ${shown(container)}, its volumes stay`,
  "retire-containers": ({ name, keep }) => {
    return `docker: remove old containers of ${name}${keep === 0 ? "" : `, but for the newest ${keep}`}; volumes stay`;
  },

  "pull-image": ({ image, platform }) =>
    `docker: pull ${image}${platform === null ? "" : ` for ${platform}`}`,
  "load-image": ({ file, image }) => `docker: load ${image} from ${file}`,
  "tag-image": ({ image, tag }) => `docker: tag ${image} as ${tag}`,
  "untag-image": ({ tag }) => `docker: remove the tag ${tag}`,

  "update-service": ({ name, change }) => `docker: update the service ${name} to ${change.image}`,
  "await-convergence": ({ name, waitMs }) =>
    `wait at most ${formatDuration(waitMs)} until all tasks of ${name} are as its spec says`,
  "restore-service": ({ name }) => `docker: update the service ${name} to its spec of before`,
  "scale-service": ({ name, replicas, before }) =>
    `docker: scale the service ${name} to ${replicas} (was ${before})`,
  "create-job": ({ name, like }) => `docker: create the job ${name} like the service ${like}`,
  "await-job": ({ name }) => `wait for the job ${name}`,
  "remove-service": ({ name }) => `docker: remove the service ${name}`,
};

export function describeCall(operation: Operation): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table is asked for the operation's own kind
  const call = CALLS[operation.kind] as (operation: Operation) => string;
  return call(operation);
}

function shown(ref: ContainerRef): string {
  return "madeBy" in ref ? `${ref.name} (new)` : ref.name;
}
