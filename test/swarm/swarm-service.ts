// A small service on a real Swarm: two tasks of busybox, addressed without VIP, that do what their environment says.

import type { Engine, ServiceSpec } from "../../src/docker/engine.ts";
import type { Sandbox } from "../support/docker/sandbox.ts";
import { convergeService } from "../../src/swarm/converge-service.ts";
import { systemClock } from "../../src/lib/clock.ts";

/** For what is made before, and cleared away after all tests: Swarm takes its time on a loaded machine. */
export const HOOK_MS = 60_000;
const SECOND_NS = 1_000_000_000;
// Ends at once on SIGTERM, and by itself where the environment says so.
const SCRIPT =
  'test -z "$CRASH" || exit 3; echo serving $VERSION; trap "exit 0" TERM; while :; do sleep 0.1; done';

export interface ServiceParts {
  tag?: string;
  env?: string[];
  replicas?: number;
  ports?: object[];
  container?: object;
}

/** Images of the sandbox: `<prefix>-app:1`, `<prefix>-app:2`. */
export async function makeImages(sandbox: Sandbox): Promise<void> {
  for (const tag of ["1", "2"]) {
    await sandbox.image("app", { tag, base: "busybox", files: { "/version": tag }, config: {} });
  }
}

export function serviceSpec(sandbox: Sandbox, part: string, parts: ServiceParts = {}): ServiceSpec {
  const { tag = "1", env = [], replicas = 2, ports = [], container = {} } = parts;
  return {
    Name: sandbox.name(part),
    Labels: sandbox.labels,
    TaskTemplate: {
      ContainerSpec: {
        Image: `${sandbox.name("app")}:${tag}`,
        Command: ["sh"],
        Args: ["-c", SCRIPT],
        Env: env,
        Labels: sandbox.labels,
        StopGracePeriod: 2 * SECOND_NS,
        ...container,
      },
      RestartPolicy: { Condition: "any", Delay: SECOND_NS / 2 },
    },
    Mode: { Replicated: { Replicas: replicas } },
    UpdateConfig: { Parallelism: 1, Monitor: SECOND_NS, FailureAction: "pause", Order: "stop-first" },
    EndpointSpec: { Mode: "dnsrr", Ports: ports },
  };
}

/** Its id; all its tasks run. */
export async function startService(engine: Engine, spec: ServiceSpec): Promise<string> {
  const id = await engine.services.create(JSON.parse(JSON.stringify(spec)), null);
  const wish = { service: id, image: null, waitMs: 30_000 };
  const converged = await convergeService(engine, wish, { clock: systemClock });
  if (converged.kind !== "converged") throw new Error(`${spec.Name}: ${JSON.stringify(converged)}`);
  return id;
}
