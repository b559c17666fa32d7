// A new image that does not come, from a registry that misbehaves: the run ends before anybody has noticed it. One
// stage for all of it, since nothing of it is ever touched.

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { inspectEngine } from "../../support/docker/call-engine.ts";
import { assembleImage, layerOfFiles } from "../../support/docker/image-parts.ts";
import { TestRegistry } from "../../support/docker/registry.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import { runHoldgate } from "../../support/run-holdgate.ts";
import { upgradeSmall } from "../../support/upgrade/killable-upgrade.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";
import { expectAsBefore, expectExactlyOnce } from "../../support/upgrade/stages/small-chat-looks.ts";
import { SmallChat } from "../../support/upgrade/stages/small-chat.ts";

const LAYER_BYTES = 2 ** 18;
const leftOut = whyLeftOut("docker");
const file = playSmallChat("pull-failed");
let registry: TestRegistry;
let chat: SmallChat;

beforeAll(async () => {
  if (leftOut !== null) return;
  registry = await TestRegistry.start();
  chat = await SmallChat.open(file.sandbox, "stage", file.images);
});
afterAll(async () => {
  if (leftOut !== null) return;
  await chat.close();
  registry.close();
});
beforeEach(() => {
  if (leftOut === null) registry.credentials = null;
});

interface Pull {
  ref: string;
  /** Of the step, beside the pull. */
  beside?: string;
  /** Of the plan. */
  head?: string;
}

/** Of a layer that no engine has seen before. */
async function push(part: string): Promise<{ ref: string; layer: string }> {
  const layer = await layerOfFiles({ "/data": randomBytes(LAYER_BYTES) });
  const image = assembleImage(null, [layer], { Cmd: ["/data"], Labels: file.sandbox.labels });
  return { ref: registry.push(file.sandbox.name(part), "2", image).ref, layer: layer.diffId };
}

const CASES: { what: string; says: RegExp; prepare: () => Promise<Pull> }[] = [
  {
    what: "one of its layers is corrupt",
    says: /filesystem layer verification failed|digest/,
    async prepare() {
      const { ref, layer } = await push("corrupt");
      registry.corruptLayer(layer);
      return { ref };
    },
  },
  {
    what: "the connection is cut in the middle of it, again and again",
    says: /not done within 2s: pull .* layer 0 of 1/,
    async prepare() {
      const { ref, layer } = await push("cut");
      registry.cutLayer(layer, 1000);
      return { ref, beside: "timeout: 2s" };
    },
  },
  {
    what: "its registry wants credentials, and nobody has any",
    says: /wants credentials, and none were given/,
    async prepare() {
      const { ref } = await push("locked");
      registry.credentials = { username: "robot", password: "right-one" };
      return { ref };
    },
  },
  {
    what: "its registry wants other credentials",
    says: /wants credentials, and those that were given are not accepted/,
    async prepare() {
      const { ref } = await push("other");
      registry.credentials = { username: "robot", password: "right-one" };
      const login = `{ username: robot, password: "\${secrets.registry}" }`;
      const head = `secrets: { registry: { env: PATH } }\nregistries: { "${registry.host}": ${login} }\n`;
      return { ref, head };
    },
  },
  {
    what: "there is no such tag",
    says: /manifest unknown|not found/,
    prepare: async () => ({ ref: registry.ref(file.sandbox.name("missing"), "9") }),
  },
];

describe("a new image that does not come, because", { timeout: 60_000 }, () => {
  test.for(CASES)("$what, changes nothing and nobody notices", async ({ says, prepare }) => {
    const pull = await prepare();
    await chat.writePlan(planOf(pull));
    const before = await inspectAll();
    const traffic = await chat.traffic();
    const end = await upgradeSmall(chat, ["plan.yaml"]);
    await traffic.goesOn(4);
    await traffic.stop();
    expect(end).toMatchObject({ code: 10, state: "rolled_back", stderr: "" });
    expect(end.message).toContain(pull.ref);
    expect(end.message).toMatch(says);
    expect(traffic.failed).toEqual([]);
    expect(traffic.sent.filter(({ heldMs }) => heldMs > 0)).toEqual([]);
    expect(await inspectAll()).toEqual(before);
    expect(await otherEvents()).toEqual([]);
    expect(await inspectEngine(`/images/${pull.ref}/json`)).toBeUndefined();
    await expectAsBefore(chat);
    await expectExactlyOnce(chat, traffic);
  });
});

function planOf({ ref, beside, head = "" }: Pull): string {
  const step = `  - pull: "${ref}"\n${beside === undefined ? "" : `    ${beside}\n`}`;
  const [start, rest] = chat.plan().replaceAll(file.images.new, ref).split("steps:\n");
  return `${start}${head}steps:\n${step}${rest}`;
}

/** Of both containers, to the last of their fields: State.StartedAt is one of them. */
function inspectAll(): Promise<unknown[]> {
  return Promise.all(Object.values(chat.ids).map((id) => inspectEngine(`/containers/${id}/json`)));
}

/** What the gateway tells of all runs so far (the stage is one for all), but for reports and looks. */
async function otherEvents(): Promise<string[]> {
  const args = ["events", "--json", "--config", "holdgate.yaml"];
  const { stdout } = await runHoldgate(args, { cwd: chat.dir });
  expect(stdout).toContain('"upgrade_started"');
  const types = stdout
    .trim()
    .split("\n")
    .map((line): string => JSON.parse(line).type);
  return types.filter((type) => !/^(?:health_changed|runner_\w+|upgrade_\w+)$/.test(type));
}
