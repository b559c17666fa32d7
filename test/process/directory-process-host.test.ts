import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { DirectoryProcessHost } from "../../src/process/directory-process-host.ts";
import { eventually } from "../support/eventually.ts";
import { openProcessHost, shell } from "./open-process-host.ts";

async function contentsBelow(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((path) => readFile(path, "utf8")));
  return [...files, ...texts].join("\n");
}

/** An orphan may stay behind as a zombie where the first process of the machine does not reap. */
async function isRunning(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "0 (gone) Z");
  return !/\) [ZX]/.test(stat);
}

describe("a command under a name", () => {
  test("its exit code and output are kept", async () => {
    const { host } = await openProcessHost();
    const started = await host.start("app", "k", shell("echo out; echo err >&2; exit 3"));
    expect(await host.wait("app")).toBe(3);
    expect(await readFile(started.stdout, "utf8")).toBe("out\n");
    expect(await readFile(started.stderr, "utf8")).toBe("err\n");
    expect((await host.find("app"))?.state).toEqual({ name: "ended", exitCode: 3 });
  });

  test("whoever comes next finds it, with what its starter said about it", async () => {
    const { host, directory } = await openProcessHost();
    const about = { url: "http://127.0.0.1:1" };
    await host.start("app", "k", shell("exec sleep 60", { cwd: directory, about }));
    const next = new DirectoryProcessHost({ directory: `${directory}/processes`, clock: systemClock });
    expect(await next.find("app")).toMatchObject({
      key: "k",
      cwd: directory,
      about,
      state: { name: "running" },
    });
  });

  test("a name that was never used is nobody's", async () => {
    const { host } = await openProcessHost();
    expect(await host.find("app")).toBeNull();
    await host.stop("app", 0);
    await expect(host.wait("app")).rejects.toThrow("wait for app: nothing of that name was started");
  });

  test("its environment is in no file and in no argument", async () => {
    const { host, directory } = await openProcessHost();
    const started = await host.start(
      "app",
      "k",
      shell("test ${#TOKEN} = 12 && exec sleep 60", { env: { TOKEN: "s3cret-value" } }),
    );
    expect(started.state.name).toBe("running");
    expect(await contentsBelow(directory)).not.toContain("s3cret");
    const pid = started.state.name === "running" ? started.state.pid : 0;
    expect(await readFile(`/proc/${pid}/cmdline`, "utf8")).not.toContain("s3cret");
    expect((await stat(started.stdout)).mode & 0o777).toBe(0o600);
  });
});

describe("what cannot be started", () => {
  test.each(["", "..", "a/b", ".hidden", "a b"])("%j cannot name one", async (name) => {
    const { host } = await openProcessHost();
    await expect(host.start(name, "k", shell("true"))).rejects.toThrow("cannot name a process");
  });

  test("a directory that is not there is named in the failure", async () => {
    const { host } = await openProcessHost();
    await expect(host.start("app", "k", shell("true", { cwd: "/not-there" }))).rejects.toThrow(
      "in /not-there",
    );
  });

  test("a command that is not there ends with 127 and says so", async () => {
    const { host } = await openProcessHost();
    const { stderr } = await host.start("app", "k", { ...shell(""), command: ["no-such-command"] });
    expect(await host.wait("app")).toBe(127);
    expect(await readFile(stderr, "utf8")).toContain("no-such-command");
  });

  test("a second start under the name of a running one is refused", async () => {
    const { host } = await openProcessHost();
    await host.start("app", "first", shell("exec sleep 60"));
    await expect(host.start("app", "second", shell("true"))).rejects.toThrow(
      /runs already \(pid \d+\).*stop it first/,
    );
  });
});

describe("stopping", () => {
  test("SIGTERM reaches it, and its own exit code counts", async () => {
    const { host } = await openProcessHost();
    const { stdout } = await host.start("app", "k", shell("trap 'exit 7' TERM; echo up; sleep 60 & wait"));
    await eventually(async () => expect(await readFile(stdout, "utf8")).toBe("up\n"));
    await host.stop("app", 10_000);
    expect(await host.wait("app")).toBe(7);
  });

  test("one that does not listen is killed with its children after the grace", async () => {
    const { host } = await openProcessHost();
    const { stdout } = await host.start("app", "k", shell("trap '' TERM; sleep 60 & echo $!; wait; wait"));
    await eventually(async () => expect(await readFile(stdout, "utf8")).toMatch(/\d+\n/));
    const child = (await readFile(stdout, "utf8")).trim();
    await host.stop("app", 50);
    expect((await host.find("app"))?.state).toEqual({ name: "ended", exitCode: null });
    expect(await isRunning(child)).toBe(false);
  });

  test("children of a shell that was killed alone are still found and stopped", async () => {
    const { host } = await openProcessHost();
    const { state, stdout } = await host.start("app", "k", shell("echo $$; exec sleep 60"));
    await eventually(async () => expect(await readFile(stdout, "utf8")).toMatch(/\d+\n/));
    if (state.name === "running") process.kill(state.pid, "SIGKILL");
    expect((await host.find("app"))?.state.name).toBe("running");
    await host.stop("app", 5000);
    expect(await isRunning((await readFile(stdout, "utf8")).trim())).toBe(false);
  });

  test("it can be started again afterwards, by another key", async () => {
    const { host } = await openProcessHost();
    await host.start("app", "first", shell("exec sleep 60"));
    await host.stop("app", 5000);
    await host.stop("app", 5000);
    await host.start("app", "second", shell("exit 4"));
    expect(await host.wait("app")).toBe(4);
  });
});

test("of the starts of a name only the newest are kept, whatever they have written", async () => {
  const { host, directory } = await openProcessHost();
  for (let start = 1; start <= 13; start += 1) {
    await host.start("app", `k${start}`, shell("echo out"));
    await host.wait("app");
  }
  const entries = await readdir(join(directory, "processes", "app"), { withFileTypes: true });
  expect(entries.filter((entry) => entry.isDirectory())).toHaveLength(10);
  expect(await host.find("app")).toMatchObject({ key: "k13" });
});
