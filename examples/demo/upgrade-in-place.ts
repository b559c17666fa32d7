// In place: one port, one app at a time. What comes meanwhile is held, and nobody is told "no".

import { otherVersion, type Stage, type Tell } from "./stage.ts";

export async function upgradeInPlace(stage: Stage, tell: Tell): Promise<void> {
  const { admin, app } = stage;
  const version = otherVersion(app.version);
  tell("hold: what is new waits, what is in flight may finish");
  const hold = await admin.call("POST", "/admin/hold", { service: "chat", wait: true });
  tell(hold.settled ? "nothing is in flight any more" : `still open: ${hold.left}; the app ends them itself`);
  await app.stop();
  tell(`${app.version} has stopped: nothing listens on port ${app.port}`);
  stage.app = await stage.startChat(version, app.port);
  tell(`${version} has started on port ${app.port}`);
  const release = await admin.call("POST", "/admin/release", { service: "chat", wait: true });
  tell(
    release.settled
      ? "released: everybody who waited has gone on"
      : `released, still waiting: ${release.left}`,
  );
}
