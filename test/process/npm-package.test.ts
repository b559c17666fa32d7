// The package that `npm pack` makes, as somebody has it who has no clone.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type InstalledPackage, installPackage } from "../support/installed-package.ts";
import { KeepAliveClient } from "../support/keep-alive-client.ts";
import { startApp } from "../support/start-app.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const manifest = z.object({
  bin: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])).default({}),
});

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await installPackage();
}, 240_000);

afterAll(() => installed?.remove());

describe("the npm package", { timeout: 60_000 }, () => {
  it("holds what runs, and neither source nor tests", () => {
    const { files } = installed;
    expect(files).toEqual(expect.arrayContaining(["bin/holdgate", "dist/cli/main.js", "dist/cli/main.d.ts"]));
    expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "public/maintenance.html"]));
    const needless = (path: string): boolean => /^(?:src|test|bench)\/|(?<!\.d)\.ts$/.test(path);
    expect(files.filter(needless)).toEqual([]);
  });

  it("has every file that its programs look for beside themselves", async () => {
    const programs = installed.files.filter((path) => path.endsWith(".js"));
    const wanted = (await Promise.all(programs.map((path) => filesBeside(installed.root, path)))).flat();
    expect(wanted.length).toBeGreaterThan(2);
    // The demo is for a clone, and says so.
    const missing = wanted.filter((path) => !existsSync(path) && !path.endsWith("/examples/demo/demo.ts"));
    expect(missing).toEqual([]);
  });

  it("has every file that package.json promises, and lets each export be imported", async () => {
    const { bin, exports } = manifest.parse(
      JSON.parse(await readFile(join(installed.root, "package.json"), "utf8")),
    );
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const promised = [...Object.values(bin), ...targets].map((path) => join(installed.root, path));
    expect(promised.filter((path) => !existsSync(path))).toEqual([]);
    for (const name of Object.keys(exports).filter((key) => !key.endsWith(".json"))) {
      const code = `console.log(Object.keys(await import("holdgate${name.slice(1)}")).length > 0)`;
      const said = await installed.run(process.execPath, "--input-type=module", "-e", code);
      expect(`${name}: ${said}`).toBe(`${name}: true\n`);
    }
  });

  it("has declarations that a strict project can use", async () => {
    const { directory } = installed;
    const program = `import { holdgate } from "holdgate/middleware";
export const gate = await holdgate({ config: "holdgate.yaml" });
// @ts-expect-error: the declarations are there, and not any
export const wrong: number = gate.adminAddresses;
`;
    await writeFile(join(directory, "use.ts"), program);
    const typeRoots = ["--types", "node", "--typeRoots", join(ROOT, "node_modules", "@types")];
    const strictly = ["--noEmit", "--strict", "--module", "nodenext", "--target", "esnext", "--skipLibCheck"];
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    expect(await installed.run(process.execPath, compiler, ...strictly, ...typeRoots, "use.ts")).toBe("");
  });
});

describe("the command of the npm package", { timeout: 60_000 }, () => {
  it("knows its version and checks a configuration", async () => {
    const { version } = JSON.parse(await readFile(join(installed.root, "package.json"), "utf8"));
    expect(await installed.run(installed.command, "--version")).toBe(`${version}\n`);
    const example = join(installed.root, "config", "holdgate.yaml");
    expect(await installed.run(installed.command, "check", "--config", example)).toContain("is valid");
    const bad = join(installed.directory, "bad.yaml");
    await writeFile(bad, "services: { chat: { upstream: {} } }\n");
    await expect(installed.run(installed.command, "check", "--config", bad)).rejects.toThrow("upstreams");
  });

  it("serves an app and its maintenance page, and ends when it is told to", async () => {
    const directory = await temporaryDirectory();
    const yaml = `services: { chat: { upstreams: { blue: "${await startApp("hello")}" } } }\n`;
    const gateway = await startHoldgate(directory, yaml, 0, installed.commandLine);
    const client = await KeepAliveClient.open(gateway.port);
    expect(await client.request("GET", "/")).toMatchObject({ status: 200, body: "hello" });

    // Of the console one part comes from another package.
    for (const part of ["main.js", "uplot.js"]) {
      const { status } = await fetch(`http://127.0.0.1:${gateway.adminPort}/console/${part}`);
      expect(`${part}: ${status}`).toBe(`${part}: 200`);
    }

    const admin = ["--admin", gateway.adminSocket];
    const said = await installed.run(installed.command, ...admin, "maintenance", "on");
    expect(said).toBe("chat: in maintenance\n");
    const page = await client.request("GET", "/", { headers: { Accept: "text/html" } });
    expect(page.status).toBe(503);
    expect(page.body).toContain("<html");
    client.leave();
    expect(await gateway.end("SIGTERM")).toBe(0);
  });
});

/** Absolute paths of all `new URL("…", import.meta.url)` of one program. */
async function filesBeside(root: string, program: string): Promise<string[]> {
  const text = await readFile(join(root, program), "utf8");
  const base = pathToFileURL(join(root, program));
  const places = text.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g);
  return [...places].map(([, place = ""]) => new URL(place, base).pathname);
}
