// The chat app of the examples as two versions of one image, from its Dockerfile as it stands.

import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildImage } from "./build-image.ts";
import { gatewayImage } from "./gateway-image.ts";
import type { Sandbox } from "./sandbox.ts";

const DIRECTORY = fileURLToPath(new URL("../../../examples/chat/", import.meta.url));

export interface ChatImages {
  gateway: string;
  /** Of its versions 1.0.0 and 2.0.0. */
  one: string;
  two: string;
}

/** The gateway's stays in the engine; the others go with the sandbox. */
export async function chatImages(sandbox: Sandbox): Promise<ChatImages> {
  const gateway = await gatewayImage();
  const build = async (tag: string, version: string): Promise<string> => {
    const ref = `${sandbox.name("parlour")}:${tag}`;
    const args = { HOLDGATE_IMAGE: gateway, VERSION: version };
    const files = await readdir(DIRECTORY);
    await buildImage({ ref, directory: DIRECTORY, files, args, labels: sandbox.labels });
    return ref;
  };
  return { gateway, one: await build("1", "1.0.0"), two: await build("2", "2.0.0") };
}
