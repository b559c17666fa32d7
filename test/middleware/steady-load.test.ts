// A steady load of a chat app's requests through http-proxy-middleware, while the app behind the gate is exchanged.

import { join } from "node:path";
import { expect, test } from "vitest";
import { messagesByKey, startChatProcess } from "../support/chat-process.ts";
import { HOSTS, startEmbedded } from "../support/start-embedded.ts";
import { startSteadyLoad, type SteadyLoad } from "../support/steady-load.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const CLIENTS = 8;

test.each(HOSTS)(
  "an app that is stopped and started anew behind %s under a hold loses and doubles nothing",
  async (host) => {
    const db = join(await temporaryDirectory(), "chat.db");
    const old = await startChatProcess({ db });
    const embedded = await startEmbedded({
      host,
      yaml: `services: { chat: { upstreams: { blue: "${old.url}" } } }\n`,
    });
    const load = startSteadyLoad({ port: embedded.port, clients: CLIENTS });
    await load.goesOn(50);

    await embedded.holdgate("hold", "--wait");
    await old.stop();
    await startChatProcess({ db, port: old.port, version: "2.0.0" });
    expect(load.underWay).toHaveLength(CLIENTS);
    await embedded.holdgate("release", "--wait");
    await expectAllWell(load, db);
  },
);

test.each(HOSTS)("a cutover behind %s loses and doubles nothing, although nobody holds", async (host) => {
  const db = join(await temporaryDirectory(), "chat.db");
  const [blue, green] = [await startChatProcess({ db }), await startChatProcess({ db })];
  const upstreams = `upstreams: { blue: "${blue.url}", green: "${green.url}" }`;
  const embedded = await startEmbedded({ host, yaml: `services: { chat: { ${upstreams} } }\n` });
  const load = startSteadyLoad({ port: embedded.port, clients: CLIENTS });
  await load.goesOn(50);
  await embedded.holdgate("cutover", "--to", "green", "--force", "--wait");
  await blue.stop();
  await expectAllWell(load, db);
});

async function expectAllWell(load: SteadyLoad, db: string): Promise<void> {
  await load.goesOn(50);
  await load.stop();
  expect(load.failed).toEqual([]);
  const posted = load.sent.filter(({ method }) => method === "POST").map(({ key }) => key);
  expect(messagesByKey(db)).toEqual(new Map(posted.map((key) => [key, 1])));
}
