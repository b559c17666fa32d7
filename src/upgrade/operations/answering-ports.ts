// At which of its ports a container accepts connections, as far as that can be told from here: one in a network that
// the runner does not reach seems to accept none.

import type { ContainerInspect } from "../../docker/engine.ts";
import type { CheckResult } from "../checks/check-result.ts";
import { bad } from "../checks/check-result.ts";
import { tryToConnect } from "../checks/tcp-check.ts";
import { nameOf } from "./find-container.ts";
import type { PerformContext } from "./handler.ts";

type World = Pick<PerformContext, "clock" | "signal">;

/** Beside the container, an answer is a matter of a millisecond. */
const ATTEMPT_MS = 1000;

/** @param port where its target answers, which it need not expose; null: not known */
export async function answeringPorts(
  container: ContainerInspect,
  port: number | null,
  world: World,
): Promise<number[]> {
  const exposed = Object.keys(container.Config.ExposedPorts ?? {}).filter((each) => each.endsWith("/tcp"));
  const ports = new Set(exposed.map((each) => Number.parseInt(each, 10)));
  if (port !== null) ports.add(port);
  const looked = await Promise.all(
    [...ports].map(async (each) => ({ each, answers: await tryPort(container, each, world) })),
  );
  return looked.flatMap(({ each, answers }) => (answers.ok ? each : []));
}

export async function tryPort(
  container: ContainerInspect,
  port: number,
  { clock, signal }: World,
): Promise<CheckResult> {
  const host = addressOf(container);
  if (host === undefined) return bad(`${nameOf(container)} has no address`);
  return tryToConnect({ host, port }, { clock, signal, timeoutMs: ATTEMPT_MS });
}

/** In whichever of its networks: an app listens in all of them. */
function addressOf({ HostConfig, NetworkSettings }: ContainerInspect): string | undefined {
  if (HostConfig.NetworkMode === "host") return "127.0.0.1";
  const endpoints = Object.values(NetworkSettings.Networks);
  const addresses = endpoints.flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address]);
  return addresses.find((address) => address !== undefined && address !== "");
}
