import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadAssets } from "../../../src/gateway/maintenance/assets.ts";
import { loadSettings } from "../../../src/load-settings.ts";
import { askAlone } from "../../support/keep-alive-client.ts";
import { openGateway } from "../../support/open-gateway.ts";
import { startScriptedUpstream } from "../../support/scripted-upstream.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function directoryWith(files: Record<string, string | Buffer>): Promise<string> {
  const root = await temporaryDirectory();
  const directory = join(root, "assets");
  await mkdir(join(directory, "fonts"), { recursive: true });
  await writeFile(join(root, "secret.txt"), "not for visitors");
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

async function setUp(files: Record<string, string>) {
  const assets = await directoryWith(files);
  const app = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  const gateway = await openGateway({ blue: app.url, service: `    maintenance: { assets: "${assets}" }` });
  const ask = async (target: string, headers = {}, method = "GET") =>
    (await askAlone(gateway.port, method, target, { headers })).answer();
  return { app, assets, gateway, ask };
}

describe("a file beside the maintenance page", () => {
  test("is served with its type, for a minute, in any mode", async () => {
    const { ask, app, gateway } = await setUp({
      "down.css": "p {}",
      "fonts/a.woff2": "font",
      "logo.SVG": "<svg/>",
    });
    const css = await ask("/.holdgate/assets/down.css?v=1");
    expect(css).toMatchObject({
      status: 200,
      body: "p {}",
      headers: {
        "content-type": "text/css; charset=utf-8",
        "cache-control": "public, max-age=60",
        "x-content-type-options": "nosniff",
      },
    });
    await gateway.dispatch({ type: "maintenance_on", service: "chat" });
    expect((await ask("/.holdgate/assets/fonts/a.woff2")).headers["content-type"]).toBe("font/woff2");
    expect((await ask("/.holdgate/assets/logo.SVG")).headers["content-type"]).toBe("image/svg+xml");
    const again = await ask("/.holdgate/assets/down.css", { "If-None-Match": css.headers["etag"] });
    expect(again).toMatchObject({ status: 304, body: "" });
    expect(await ask("/.holdgate/assets/down.css", {}, "HEAD")).toMatchObject({ status: 200, body: "" });
    expect(app.targets).toEqual([]);
  });

  test.each([
    "/.holdgate/assets/",
    "/.holdgate/assets/missing.css",
    "/.holdgate/assets/fonts",
    "/.holdgate/assets/../secret.txt",
    "/.holdgate/assets/..%2fsecret.txt",
    "/.holdgate/assets/%2e%2e/secret.txt",
    "/.holdgate/assets/fonts/../../secret.txt",
    "/.holdgate/assets/.hidden.css",
    "/.holdgate/assets/out.txt",
  ])("%s is none", async (target) => {
    const directory = await directoryWith({ "down.css": "p {}", ".hidden.css": "p {}" });
    await symlink(join(directory, "..", "secret.txt"), join(directory, "out.txt"));
    const app = await startScriptedUpstream();
    const service = `    maintenance: { assets: "${directory}" }`;
    const { port } = await openGateway({ blue: app.url, service });
    const answer = await (await askAlone(port, "GET", target)).answer();
    expect(answer).toMatchObject({ status: 404 });
    expect(answer.body).not.toContain("not for visitors");
  });
});

describe("such a file", () => {
  test("may be a link to another one, as Kubernetes mounts them", async () => {
    const directory = await directoryWith({});
    await mkdir(join(directory, "..data"));
    await writeFile(join(directory, "..data", "down.css"), "p {}");
    await symlink(join("..data", "down.css"), join(directory, "down.css"));
    expect([...loadAssets(directory).keys()]).toEqual(["down.css"]);
  });

  test("is served as it was read, until the configuration is read again", async () => {
    const { ask, assets, gateway } = await setUp({ "down.css": "old" });
    await writeFile(join(assets, "down.css"), "new");
    await gateway.dispatch({ type: "maintenance_on", service: "chat" });
    expect((await ask("/.holdgate/assets/down.css")).body).toBe("old");
    gateway.gateway.rereadPages();
    expect((await ask("/.holdgate/assets/down.css")).body).toBe("new");
    await rm(assets, { recursive: true });
    gateway.gateway.rereadPages();
    expect((await ask("/.holdgate/assets/down.css")).body).toBe("new");
  });
});

describe("a directory of assets is refused", () => {
  test.each([
    [
      "a file of an unknown kind",
      { "run.sh": "" },
      /run\.sh is of a kind that is not served; there are \.avif/,
    ],
    ["a name that would have to be escaped", { "my logo.png": "" }, /my logo\.png has a name with more than/],
    ["too many bytes", { "a.png": Buffer.alloc(8 * 1024 * 1024 + 1) }, /has more than 8388608 bytes/],
    [
      "too many files",
      Object.fromEntries(Array.from({ length: 201 }, (_, each) => [`${each}.png`, ""])),
      /has more than 200 files/,
    ],
  ])("with %s", async (_, files, message) => {
    const directory = await directoryWith(files);
    expect(() => loadAssets(directory)).toThrow(message);
  });

  test("when it is not there, by `holdgate check` already", async () => {
    expect(() => loadAssets("/nowhere/at/all")).toThrow(/\/nowhere\/at\/all cannot be read/);
    const root = await temporaryDirectory();
    const file = join(root, "holdgate.yaml");

    await writeFile(
      file,
      "services:\n  chat:\n    upstreams: { blue: 'http://127.0.0.1:1' }\n    maintenance: { assets: gone }\n",
    );
    await expect(loadSettings(file, {})).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(/4:\d+: services\.chat\.maintenance\.assets: .*gone cannot be read/),
    });
  });
});
