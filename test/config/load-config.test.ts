import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdgate-config-"));
  file = join(folder, "holdgate.yaml");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function withPage(page: string): string {
  return `services:\n  chat:\n    upstreams: { blue: http://a }\n    maintenance: { page: ${page} }\n`;
}

describe("loadConfig", () => {
  it("a missing file is named, with what to do", async () => {
    await expect(loadConfig(file, {})).rejects.toMatchObject({
      code: "config_invalid",
      message: `${file}: there is no such file; create it, or name another with --config FILE`,
    });
  });

  it("a directory is refused", async () => {
    await expect(loadConfig(folder, {})).rejects.toMatchObject({
      code: "config_invalid",
      message: `${folder}: this is a directory, expected a YAML file`,
    });
  });

  it("a page beside the file is found", async () => {
    await mkdir(join(folder, "pages"));
    await writeFile(join(folder, "pages", "away.html"), "<p>Back soon.");
    await writeFile(file, withPage("pages/away.html"));
    const settings = await loadConfig(file, {});
    expect(settings.services[0]?.maintenance.page).toBe(join(folder, "pages", "away.html"));
  });

  it("a page that is not there is a problem of its key", async () => {
    await writeFile(file, withPage("/holdgate-test/away.html"));
    await expect(loadConfig(file, {})).rejects.toMatchObject({
      code: "config_invalid",
      message: `${file}:4:20: services.chat.maintenance.page: there is no file "/holdgate-test/away.html"; the path is relative to the configuration file`,
    });
  });

  it("what is wrong inside is told with the name under which the file was given", async () => {
    await writeFile(file, "services: {}\n");
    await expect(loadConfig(file, {})).rejects.toMatchObject({
      message: `${file}:1:1: services: found an empty mapping, expected at least one service`,
    });
  });
});
