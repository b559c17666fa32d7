// What a test file that plays the small chat begins with; without an engine its tests are left out.

import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import { openSandbox, type Sandbox } from "../docker/sandbox.ts";
import { whyLeftOut } from "../requirements.ts";
import { SmallChat, type SmallImages, smallImages, type SmallOptions } from "./stages/small-chat.ts";

const CLOSE_MS = 60_000;

export interface SmallChatFile {
  readonly sandbox: Sandbox;
  readonly images: SmallImages;
  /** Closed with the test. */
  open(part: string, options?: SmallOptions): Promise<SmallChat>;
}

export function playSmallChat(suite: string): SmallChatFile {
  const leftOut = whyLeftOut("docker");
  const sandbox = openSandbox(suite);
  let images: SmallImages = { old: "", new: "" };
  beforeAll(async () => {
    if (leftOut === null) images = await smallImages(sandbox);
  }, CLOSE_MS);
  beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
  afterAll(async () => {
    if (leftOut === null) await sandbox.close();
  }, CLOSE_MS);
  return {
    sandbox,
    get images() {
      return images;
    },
    async open(part, options) {
      const chat = await SmallChat.open(sandbox, part, images, options);
      onTestFinished(() => chat.close());
      return chat;
    },
  };
}
