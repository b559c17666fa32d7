// Blue/green: the other version starts beside the one in use, is found healthy, and takes over in one step.

import { otherVersion, type Stage, type Tell, type Upstream } from "./stage.ts";

export async function upgradeBlueGreen(stage: Stage, tell: Tell): Promise<void> {
  const { admin, app: old } = stage;
  const to: Upstream = stage.active === "blue" ? "green" : "blue";
  const fresh = await stage.startChat(otherVersion(old.version), stage.ports[to]);
  tell(`${fresh.version} has started beside it on port ${fresh.port}`);
  try {
    await introduce(stage, to, fresh.port);
    tell(`${to} is the candidate and found healthy`);
    const cutover = await admin.call("POST", "/admin/services/chat/cutover", { wait: true });
    tell(
      `cutover: ${to} is active${cutover.settled ? `, ${stage.active} is drained` : `; left: ${cutover.left}`}`,
    );
  } catch (error) {
    await fresh.stop();
    throw error;
  }
  stage.active = to;
  stage.app = fresh;
  await old.stop();
  tell(`${old.version} has stopped`);
}

async function introduce({ admin, known }: Stage, name: Upstream, port: number): Promise<void> {
  // Its address never changes, and one that is in a slot could not be changed.
  if (!known.has(name)) {
    await admin.call("PUT", `/admin/services/chat/upstreams/${name}`, { url: `http://127.0.0.1:${port}` });
    known.add(name);
  }
  await admin.call("PUT", "/admin/services/chat/candidate", { upstream: name, waitHealthy: true });
}
