// Socket.IO: a question that is under way when the upstream is left. Its client is answered, or really disconnected.

import { expect, test } from "vitest";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import type { RigClient } from "../rigs/rig.ts";
import { rig } from "../rigs/socket-io-rig.ts";
import { openStage } from "./numbered-traffic.ts";

const CLIENTS = 30;
const ANSWER_MS = 2000;

test("clients that ask all the time, in each namespace, are answered through cutovers", async () => {
  const stage = await openStage({ rig, title: rig.name });
  const [blue] = stage.servers;
  const green = await stage.startServer("green");
  const clients = await stage.connect(CLIENTS);
  const questions = clients.map((client) => new Questions(client));
  for (const to of [green, blue, green, blue]) {
    if (!to) throw new Error("there is no such server");
    await cutOver(stage.gateway, to.version, to.url);
    await eventually(() => expect(to.connections).toBe(CLIENTS));
  }
  const answered = await Promise.all(questions.map((each) => each.stop()));
  expect(Math.min(...answered)).toBeGreaterThan(0);
  await eventually(() => clients.forEach((client) => expect(client.isConnected).toBe(true)));
  await Promise.all(clients.map(async (client) => client.ask?.(AbortSignal.timeout(ANSWER_MS))));
  const { spliced, givenUp } = stage.gateway.service.status().counters;
  expect({ spliced, givenUp: givenUp.replay + givenUp.refused }).toEqual({
    spliced: 4 * CLIENTS,
    givenUp: 0,
  });
  for (const client of clients) expect(client.disruptions).toEqual([]);
});

/** One after another; each has to be answered in time. */
class Questions {
  #isOver = false;
  readonly #run: Promise<number>;

  constructor(client: RigClient) {
    this.#run = this.#ask(client);
  }

  stop(): Promise<number> {
    this.#isOver = true;
    return this.#run;
  }

  async #ask(client: RigClient): Promise<number> {
    let answered = 0;
    while (!this.#isOver) {
      await client.ask?.(AbortSignal.timeout(ANSWER_MS));
      answered += 1;
    }
    return answered;
  }
}
