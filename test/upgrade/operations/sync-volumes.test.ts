import { describe, expect, test } from "vitest";
import { syncVolumes } from "../../../src/upgrade/operations/sync-volumes.ts";
import { common, onEngine } from "./on-engine.ts";

const on = onEngine("sync-volumes");

/** Both volumes, and a container that has them at /from and /to. */
async function volumes(part: string, fill: string) {
  const from = await on.sandbox.volume(`${part}-from`);
  const to = await on.sandbox.volume(`${part}-to`);
  const { id } = await on.container(`${part}-hands`, undefined, [`${from}:/from`, `${to}:/to`]);
  const sh = async (script: string): Promise<string> => {
    const { exitCode, output } = await on.sandbox.exec(id, "sh", "-c", script);
    if (exitCode !== 0) throw new Error(output);
    return output;
  };
  await sh(fill);
  const sync = (mode: "mirror" | "delta", context = on.context()) =>
    syncVolumes.perform(
      {
        ...common(`${part}.sync`),
        kind: "sync-volumes",
        from,
        to,
        image: on.busybox.ref,
        mode,
        command: null,
      },
      context,
    );
  return { from, to, sh, sync };
}

/** Type, mode, owner, size, time and name of everything, and what the files hold. */
const LISTING = `find . -exec stat -c '%f %u:%g %Y %n' {} + | sort -k4; find . -type f -exec md5sum {} + | sort -k2`;
const FILL = `cd /from; mkdir -p a/b 'with space'; echo one >a/one; echo two >'with space/two'; ln -s ../one a/b/link
  : >empty; chmod 640 a/one; chmod 750 a; chown 1000:1000 a/one a; mkfifo pipe; touch -d '2020-01-02 03:04:05' a/one a/b`;

describe("a first copy", () => {
  test("has everything with its mode, owner and time", async () => {
    const { sh, sync } = await volumes("first", FILL);
    expect(await sync("mirror")).toEqual({ copied: 8, deleted: 0 });
    // A link has no time of its own that cp would keep.
    const withoutLinkTimes = `{ ${LISTING}; } | grep -v link`;
    expect(await sh(`cd /to; ${withoutLinkTimes}`)).toBe(await sh(`cd /from; ${withoutLinkTimes}`));
    expect(await sh("readlink /to/a/b/link")).toBe("../one\n");
  });

  test("names with line breaks, quotes and dashes arrive too", async () => {
    const names = `printf x >'/from/-dash "q" $x \\\\'; printf y >"/from/a
b"; mkdir "/from/c
d"; printf z >"/from/c
d/e"`;
    const { sh, sync } = await volumes("odd", names);
    await sync("mirror");
    expect(await sh("cd /to; find . -type f -exec cat {} +")).toHaveLength(3);
    await sh("rm -r /from/*");
    await sync("mirror");
    expect(await sh("cd /to; find .")).toBe(".\n");
  });

  test("shows how far it is", async () => {
    const { sync } = await volumes(
      "progress",
      "cd /from; i=0; while [ $i -lt 450 ]; do : >f$i; i=$((i+1)); done",
    );
    const context = on.context();
    await sync("delta", context);
    expect(context.progressed.map(({ text }) => text)).toEqual(["200 of 450 files", "400 of 450 files"]);
  });
});

describe("a second copy", () => {
  test("copies what is new or newer only", async () => {
    const { sh, sync } = await volumes(
      "second",
      `${FILL}; touch -d '2020-01-01 00:00:00' empty 'with space/two'`,
    );
    await sync("delta");
    await sh("cd /from; echo three >three; echo changed >'with space/two'; chmod 600 empty");
    expect(await sync("delta")).toMatchObject({ deleted: 0 });
    expect(await sh("cd /to; cat three 'with space/two'; stat -c %a empty")).toBe("three\nchanged\n600\n");
    expect(await sh("cd /to; stat -c %Y a/one")).toBe(await sh("cd /from; stat -c %Y a/one"));
  });

  test("a file that was written in the second of the first copy is copied again", async () => {
    const { sh, sync } = await volumes("same-second", "echo aaa >/from/file");
    await sync("delta");
    // The same size and the same time: only that it was copied so soon after gives it away.
    await sh("cp -p /from/file /tmp/was; echo bbb >/from/file; touch -r /tmp/was /from/file");
    await sync("delta");
    expect(await sh("cat /to/file")).toBe("bbb\n");
  });

  test("a delta leaves what only the destination has; a mirror deletes it", async () => {
    const { sh, sync } = await volumes("gone", "cd /from; mkdir d; echo 1 >d/x; echo 2 >y");
    await sync("delta");
    await sh("rm -r /from/d; echo own >/to/own");
    expect(await sync("delta")).toMatchObject({ deleted: 0 });
    expect(await sh("cd /to; ls")).toBe("d\nown\ny\n");
    expect(await sync("mirror")).toMatchObject({ deleted: 3 });
    expect(await sh("cd /to; ls")).toBe("y\n");
  });

  test("a file that has become a directory, and the other way round, take each other's place", async () => {
    const { sh, sync } = await volumes("kinds", "cd /from; mkdir d; echo 1 >d/x; echo 2 >y");
    await sync("delta");
    await sh("cd /from; rm -r d y; echo 3 >d; mkdir y; echo 4 >y/z");
    await sync("mirror");
    expect(await sh("cd /to; cat d y/z")).toBe("3\n4\n");
  });
});

describe("what goes wrong", () => {
  test("a volume that is not there is not made: its mirror would delete everything", async () => {
    const to = await on.sandbox.volume("lonely");
    const from = on.sandbox.name("nowhere");
    const operation = { ...common("s.sync"), kind: "sync-volumes", from, to, image: on.busybox.ref } as const;
    const run = syncVolumes.perform({ ...operation, mode: "mirror", command: null }, on.context());
    await expect(run).rejects.toThrow(`there is no volume ${from}`);
    expect(await on.engine.volumes.inspect(from)).toBeUndefined();
  });

  test("a command that fails fails the step with its last lines, and its container is removed", async () => {
    const { from, to } = await volumes("fails", "true");
    const operation = { ...common("f.sync"), kind: "sync-volumes", from, to, image: on.busybox.ref } as const;
    const command = ["sh", "-c", "echo no room >&2; exit 4"];
    const run = syncVolumes.perform({ ...operation, mode: "delta", command }, on.context());
    await expect(run).rejects.toThrow(/exited with 4; its last lines:\n {2}no room/);
    expect(await on.engine.containers.list({ name: `holdgate-sync-${on.sandbox.prefix}-f.sync` })).toEqual(
      [],
    );
  });
});
