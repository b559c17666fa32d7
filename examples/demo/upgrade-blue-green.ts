// Blue/green: the other version starts beside the one in use, is found healthy, and takes over in one step.

import { otherVersion, type Stage, type Tell, type Upstream } from "./stage.ts";

export async function upgradeBlueGreen(stage: Stage, tell: Tell): Promise<void> {
  const version = otherVersion(stage.version);
  const from = stage.active;
  const to: Upstream = from === "blue" ? "green" : "blue";
  await stage.upgrade("blue-green", { version, from, to, port: String(stage.ports[to]) }, tell);
  stage.version = version;
  stage.active = to;
}
