// In place: one port, one app at a time. What comes meanwhile is held, and nobody is told "no".

import { otherVersion, type Stage, type Tell } from "./stage.ts";

export async function upgradeInPlace(stage: Stage, tell: Tell): Promise<void> {
  const version = otherVersion(stage.version);
  const to = stage.active;
  await stage.upgrade("in-place", { version, to, port: String(stage.ports[to]) }, tell);
  stage.version = version;
}
