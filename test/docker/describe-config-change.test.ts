import { describe, expect, test } from "vitest";
import { noChange } from "../../src/docker/clone-container.ts";
import { describeConfigChange } from "../../src/docker/describe-config-change.ts";
import type { ContainerConfig, ImageInspect } from "../../src/docker/engine.ts";
import { fakeInspect } from "../support/docker/fake-inspect.ts";

function imageWith(Id: string, Config: Partial<ContainerConfig>): ImageInspect {
  return { Id, RepoTags: [], RepoDigests: [], Os: "linux", Architecture: "amd64", Size: 1, Config };
}

const oldImage = imageWith("sha256:1", {
  Env: ["PATH=/bin", "VERSION=1", "GONE=x"],
  Cmd: ["serve"],
  User: "app",
});
const newImage = imageWith("sha256:2", {
  Env: ["PATH=/bin", "VERSION=2"],
  Cmd: ["serve", "--fast"],
  User: "app",
  Volumes: { "/cache": {} },
});
const Env = ["TOKEN=hush", "PATH=/bin", "VERSION=1", "GONE=x"];
const ports = { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "80" }] } };
const body = { Image: "app:1", Env, Cmd: ["serve"], User: "app", HostConfig: ports };
const container = fakeInspect("id", { name: "app", imageId: "sha256:1", body });

describe("the difference of two configurations", () => {
  test("shows what the new image and the plan change, and no value of a variable", () => {
    const change = { ...noChange("in-place"), env: { TOKEN: "${secrets.t}", MODE: "quiet" } };
    const lines = describeConfigChange({ container, oldImage, image: "app:2", newImage, change });
    expect(lines).toEqual([
      "image: app:1 → app:2",
      "environment: +MODE ~TOKEN ~VERSION -GONE",
      'command: ["serve"] → ["serve","--fast"]',
      "volume at /cache: the new image asks for one; it begins empty",
    ]);
    expect(lines.join()).not.toMatch(/hush|quiet|secrets/);
  });

  test("says what is not known before the new image is here", () => {
    const lines = describeConfigChange({
      container,
      oldImage,
      image: "app:2",
      newImage: undefined,
      change: noChange("in-place"),
    });
    expect(lines).toEqual([
      "image: app:1 → app:2",
      "what the new image sets by itself is known when it has been pulled",
    ]);
  });

  test("names what one beside goes without", () => {
    const lines = describeConfigChange({
      container,
      oldImage,
      image: "app:1",
      newImage: oldImage,
      change: noChange("beside"),
    });
    expect(lines.slice(1)).toEqual([
      "without the fixed addresses and aliases of the container it is like",
      "without its published ports: 80/tcp",
    ]);
  });
});
