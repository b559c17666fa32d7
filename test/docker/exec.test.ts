// Commands in a container, and files and logs out of it, against a real engine.

import { createHash, randomBytes } from "node:crypto";
import { PassThrough, Readable, Writable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { extract, pack } from "tar-stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine, LogLine } from "../../src/docker/engine.ts";
import { busyboxImage } from "../support/docker/images.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { eventually } from "../support/eventually.ts";
import { whyLeftOut } from "../support/requirements.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("docker-exec");
const FIVE_MB = 5 * 1024 * 1024;

let engine: Engine;
let image: string;
let host: string;

beforeAll(async () => {
  if (leftOut !== null) return;
  engine = connectEngine();
  image = (await busyboxImage()).ref;
  host = await sandbox.run("host", { image, command: ["sleep", "1000"] });
});

afterAll(async () => {
  if (leftOut !== null) return;
  engine.close();
  await sandbox.close();
});

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

interface Ran {
  stdout: string;
  stderr: string;
  exitCode: number | null | undefined;
}

async function run(command: string[], stdin?: Readable): Promise<Ran> {
  const id = await engine.exec.create(host, { command, stdin: stdin !== undefined });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const read = Promise.all([text(stdout), text(stderr)]);
  await engine.exec.start(id, { stdout, stderr, ...(stdin && { stdin }) });
  const [out, err] = await read;
  return { stdout: out, stderr: err, exitCode: (await engine.exec.inspect(id))?.exitCode };
}

describe("a command in a container", () => {
  test("its two streams stay apart, and its exit code is its own", async () => {
    const ran = await run(["sh", "-c", "echo out; echo err >&2; exit 5"]);
    expect(ran).toEqual({ stdout: "out\n", stderr: "err\n", exitCode: 5 });
  });

  test("environment, directory and user are those that were asked for", async () => {
    const command = ["sh", "-c", "echo $GREETING $(pwd) $(id -u)"];
    const request = { command, env: ["GREETING=hello"], workdir: "/tmp", user: "12" };
    const id = await engine.exec.create(host, request);
    const stdout = new PassThrough();
    await engine.exec.start(id, { stdout });
    expect(await text(stdout)).toBe("hello /tmp 12\n");
  });

  test("a program that is not there has the exit code 126", async () => {
    expect((await run(["no-such-program"])).exitCode).toBe(126);
  });

  test("one that nobody knows is absent", async () => {
    expect(await engine.exec.inspect("0".repeat(64))).toBeUndefined();
  });
});

describe("input and output of a command", () => {
  test("5 MB go in and come out unchanged", async () => {
    const bytes = randomBytes(FIVE_MB);
    const id = await engine.exec.create(host, { command: ["cat"], stdin: true });
    const stdout = new PassThrough();
    const [echoed] = await Promise.all([
      buffer(stdout),
      engine.exec.start(id, { stdin: Readable.from([bytes]), stdout }),
    ]);
    expect(createHash("sha256").update(echoed).digest("hex")).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
    expect(await engine.exec.inspect(id)).toMatchObject({ running: false, exitCode: 0 });
  });

  test("one that ends before it has read its input is no error", async () => {
    const ran = await run(["head", "-c", "3"], Readable.from([randomBytes(FIVE_MB).fill("x")]));
    expect(ran).toMatchObject({ stdout: "xxx", exitCode: 0 });
  });

  test("input that breaks off is an error, and the output is not passed off as whole", async () => {
    const broken = new Readable({ read: () => void broken.destroy(new Error("the file is unreadable")) });
    const id = await engine.exec.create(host, { command: ["cat"], stdin: true });
    const stdout = new PassThrough();
    stdout.on("error", () => {});
    await expect(engine.exec.start(id, { stdin: broken, stdout })).rejects.toThrow("unreadable");
    expect(stdout.errored).not.toBeNull();
  });

  test("a slow reader stops the engine instead of filling the memory", async () => {
    let waiting = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        waiting = Math.max(waiting, slow.writableLength);
        setImmediate(done);
      },
    });
    const id = await engine.exec.create(host, { command: ["head", "-c", String(FIVE_MB), "/dev/zero"] });
    await engine.exec.start(id, { stdout: slow });
    expect(waiting).toBeLessThanOrEqual(128 * 1024);
  });

  test("who gives up stops reading, and the reader is told that it is not all", async () => {
    const id = await engine.exec.create(host, { command: ["sh", "-c", "echo begun; sleep 1000"] });
    const stdout = new PassThrough();
    stdout.on("error", () => {});
    const giveUp = new AbortController();
    const started = engine.exec.start(id, { stdout }, giveUp.signal);
    await eventually(() => expect(stdout.readableLength).toBeGreaterThan(0));
    giveUp.abort(new Error("enough"));
    await expect(started).rejects.toThrow("enough");
    expect(stdout.errored?.message).toBe("enough");
  });
});

describe("a log", () => {
  test("comes line by line, with the stream of each", async () => {
    const script = "echo one; echo two >&2; printf three";
    const id = await sandbox.run("log", { image, command: ["sh", "-c", script] });
    await engine.containers.wait(id);
    const lines: LogLine[] = [];
    await engine.containers.logs(id, { follow: false, tail: null }, (line) => void lines.push(line));
    expect(lines).toHaveLength(3);
    expect(lines).toEqual(
      expect.arrayContaining([
        { stream: "stdout", text: "one" },
        { stream: "stderr", text: "two" },
        { stream: "stdout", text: "three" },
      ]),
    );
  });

  test("followed, it ends when the container does", async () => {
    const id = await sandbox.run("follow", { image, command: ["sh", "-c", "echo a; sleep 0.3; echo b"] });
    const lines: string[] = [];
    await engine.containers.logs(id, { follow: true, tail: null }, ({ text }) => void lines.push(text));
    expect(lines).toEqual(["a", "b"]);
  });

  test("of a container with a terminal it has no frames", async () => {
    const config = { Tty: true };
    const id = await sandbox.run("tty", { image, command: ["sh", "-c", "echo seen"], config });
    await engine.containers.wait(id);
    const lines: LogLine[] = [];
    await engine.containers.logs(id, { follow: false, tail: 1 }, (line) => void lines.push(line));
    expect(lines).toEqual([{ stream: "stdout", text: "seen" }]);
  });
});

describe("files", () => {
  test("are put into a container that does not run, and come out again", async () => {
    const id = await sandbox.create("files", { image });
    const tar = pack();
    tar.entry({ name: "chat.conf" }, "secret = 1\n");
    tar.finalize();
    await engine.containers.putArchive(id, "/tmp", Readable.from(tar));
    const back = await engine.containers.getArchive(id, "/tmp/chat.conf");
    expect(await firstFile(back)).toEqual({ name: "chat.conf", content: "secret = 1\n" });
  });

  test("that are not there are undefined; a container that is not there is an error", async () => {
    expect(await engine.containers.getArchive(host, "/nowhere")).toBeUndefined();
    const nobody = engine.containers.getArchive(sandbox.name("nobody"), "/tmp");
    await expect(nobody).rejects.toMatchObject({ kind: "absent" });
  });
});

async function firstFile(tar: Readable | undefined): Promise<{ name: string; content: string } | undefined> {
  for await (const entry of tar?.pipe(extract()) ?? []) {
    return { name: entry.header.name, content: await text(entry) };
  }
  return undefined;
}
