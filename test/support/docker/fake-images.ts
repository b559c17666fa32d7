// Images of the fake engine, and the registry that it pulls from.

import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { EngineError } from "../../../src/docker/engine-error.ts";
import type { ContainerConfig, ImageCalls, ImageInspect, PullOptions } from "../../../src/docker/engine.ts";

export class FakeImages implements ImageCalls {
  /** By name with its tag. */
  readonly tags = new Map<string, ImageInspect>();
  /** What a pull brings, by name. */
  readonly registry = new Map<string, ImageInspect>();

  /** One that the engine has. */
  add(ref: string, id: string, config: Partial<ContainerConfig> = {}): ImageInspect {
    const image = fakeImage(ref, id, config);
    this.tags.set(ref, image);
    return image;
  }

  /** One that can be pulled. */
  addToRegistry(ref: string, id: string, config: Partial<ContainerConfig> = {}): void {
    this.registry.set(ref, fakeImage(ref, id, config));
  }

  async inspect(ref: string): Promise<ImageInspect | undefined> {
    const found = this.tags.get(ref) ?? [...this.tags.values()].find(({ Id }) => Id === ref);
    if (found === undefined) return undefined;
    const RepoTags = [...this.tags].filter(([, { Id }]) => Id === found.Id).map(([name]) => name);
    return { ...structuredClone(found), RepoTags };
  }

  async pull(ref: string, { onProgress }: PullOptions): Promise<void> {
    const image = this.registry.get(ref);
    if (image === undefined) throw new EngineError("absent", 500, `pull image ${ref}: manifest unknown`);
    onProgress?.({ currentBytes: image.Size, totalBytes: image.Size, layersDone: 1, layers: 1 });
    this.tags.set(ref, image);
  }

  /** The tar is a list of names, one a line, of images that the registry has. */
  async load(tar: Readable): Promise<string[]> {
    const names = (await text(tar)).split("\n").filter((name) => name !== "");
    for (const name of names) await this.pull(name, { auth: null });
    return names;
  }

  async tag(idOrRef: string, ref: string): Promise<void> {
    const found = await this.inspect(idOrRef);
    if (found === undefined) throw new EngineError("absent", 404, `tag image ${idOrRef}: No such image`);
    this.tags.set(ref, found);
  }

  async untag(ref: string): Promise<void> {
    this.tags.delete(ref);
  }

  async distribution(ref: string): Promise<{ digest: string; platforms: string[] }> {
    const image = this.registry.get(ref);
    if (image === undefined) {
      throw new EngineError("absent", 404, `ask the registry for image ${ref}: manifest unknown`);
    }
    return { digest: image.RepoDigests[0]?.split("@")[1] ?? "", platforms: ["linux/amd64"] };
  }
}

function fakeImage(ref: string, id: string, Config: Partial<ContainerConfig>): ImageInspect {
  const name = ref.slice(0, ref.lastIndexOf(":"));
  const RepoDigests = [`${name}@sha256:${Buffer.from(id).toString("hex").padEnd(64, "0").slice(0, 64)}`];
  return { Id: id, RepoTags: [ref], RepoDigests, Os: "linux", Architecture: "amd64", Size: 1000, Config };
}
