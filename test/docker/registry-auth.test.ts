// Where the credentials for a registry come from.

import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { authHeaders } from "../../src/docker/encode-auth.ts";
import { findRegistryAuth } from "../../src/docker/registry-auth.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const basic = (text: string): string => Buffer.from(text).toString("base64");

async function configured(config: unknown): Promise<string> {
  const directory = await temporaryDirectory();
  await writeFile(
    join(directory, "config.json"),
    typeof config === "string" ? config : JSON.stringify(config),
  );
  return directory;
}

/** A directory with a helper of this name, which does as the script says. */
async function helper(name: string, script: string): Promise<NodeJS.ProcessEnv> {
  const directory = await temporaryDirectory();
  const path = join(directory, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\nread server\n${script}\n`);
  await chmod(path, 0o755);
  return { PATH: `${directory}:${process.env["PATH"]}` };
}

describe("credentials for a registry", () => {
  test("that are given go before all others", async () => {
    const configDir = await configured({ auths: { "ghcr.io": { auth: basic("file:one") } } });
    const explicit = { username: "given", password: "two" };
    expect(await findRegistryAuth("ghcr.io/example/chat", { explicit, configDir })).toEqual(explicit);
  });

  test("come from the file that docker login writes", async () => {
    const configDir = await configured({ auths: { "ghcr.io": { auth: basic("robot:pass:word") } } });
    const found = await findRegistryAuth("ghcr.io/example/chat:1", { configDir });
    expect(found).toEqual({ username: "robot", password: "pass:word", serveraddress: "ghcr.io" });
  });

  test("of Docker Hub are found under its old address", async () => {
    const key = "https://index.docker.io/v1/";
    const configDir = await configured({ auths: { [key]: { auth: basic("me:secret") } } });
    const found = await findRegistryAuth("example/chat", { configDir });
    expect(found).toEqual({ username: "me", password: "secret", serveraddress: key });
  });

  test("are those of this registry only", async () => {
    const configDir = await configured({ auths: { "https://quay.io/v2/": { identitytoken: "token" } } });
    expect(await findRegistryAuth("ghcr.io/example/chat", { configDir })).toBeNull();
    expect(await findRegistryAuth("quay.io/example/chat", { configDir })).toMatchObject({
      identitytoken: "token",
    });
  });

  test("are none where nobody has logged in", async () => {
    expect(
      await findRegistryAuth("ghcr.io/example/chat", { configDir: await temporaryDirectory() }),
    ).toBeNull();
  });

  test("in a file that is broken are an error that does not quote it", async () => {
    const configDir = await configured('{"auths": secret');
    await expect(findRegistryAuth("ghcr.io/a/b", { configDir })).rejects.toMatchObject({
      kind: "denied",
      message: expect.not.stringContaining("secret"),
    });
  });
});

describe("a credential helper", () => {
  test("is asked for the registry that names it", async () => {
    const configDir = await configured({ credHelpers: { "ghcr.io": "made-up" } });
    const env = await helper("made-up", `echo '{"Username":"robot","Secret":"for '$server'"}'`);
    const found = await findRegistryAuth("ghcr.io/a/b", { configDir, env });
    expect(found).toEqual({ username: "robot", password: "for ghcr.io", serveraddress: "ghcr.io" });
  });

  test("may answer with a token", async () => {
    const configDir = await configured({ credsStore: "made-up" });
    const env = await helper("made-up", `echo '{"Username":"<token>","Secret":"abc"}'`);
    expect(await findRegistryAuth("ghcr.io/a/b", { configDir, env })).toMatchObject({ identitytoken: "abc" });
  });

  test("that has none leaves it to the file", async () => {
    const auths = { "ghcr.io": { auth: basic("file:one") } };
    const configDir = await configured({ credsStore: "made-up", auths });
    const env = await helper("made-up", `echo "credentials not found in native keychain"; exit 1`);
    expect(await findRegistryAuth("ghcr.io/a/b", { configDir, env })).toMatchObject({ username: "file" });
  });

  test("that is missing, fails or has an odd name is an error that names it", async () => {
    const missing = await configured({ credsStore: "nowhere" });
    await expect(findRegistryAuth("ghcr.io/a/b", { configDir: missing })).rejects.toThrow(
      "docker-credential-nowhere for the credentials of ghcr.io: the program is not installed",
    );
    const configDir = await configured({ credsStore: "made-up" });
    const env = await helper("made-up", "exit 3");
    await expect(findRegistryAuth("ghcr.io/a/b", { configDir, env })).rejects.toThrow("it failed (3)");
    const odd = await configured({ credsStore: "../bin/sh" });
    await expect(findRegistryAuth("ghcr.io/a/b", { configDir: odd })).rejects.toThrow("no name of a helper");
  });
});

test("the header is URL-safe and padded, as the engine reads it", () => {
  const auth = { username: "u", password: "???>>>~~~ü" };
  const header = authHeaders(auth)["X-Registry-Auth"] ?? "";
  expect(header).toMatch(/^[\w-]+=*$/);
  expect(header.length % 4).toBe(0);
  expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual(auth);
});
