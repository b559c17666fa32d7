import { describe, expect, it } from "vitest";
import type { FakeAdmin } from "../support/fake-admin.ts";
import { holdMode, send, serviceStatus, statusAnswer, writeAnswer } from "../support/fake-admin.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { cliFixture } from "./cli-fixture.ts";

const holding = serviceStatus({ mode: holdMode() });
const leftOut = whyLeftOut("script");

/** Answers a hold only after the status has been asked for so often, each time with one less in flight. */
function holdSettlesAfter(
  looks: number,
  admin: FakeAdmin,
  answer = writeAnswer({ service: holding, settled: true }),
) {
  const enough = Promise.withResolvers<void>();
  admin.on("GET /admin/status", (response) => {
    const inFlight = Math.max(0, looks - admin.looks);
    send(response, statusAnswer({ ...holding, inFlight }));
    if (admin.looks >= looks) enough.resolve();
  });
  admin.on("POST /admin/hold", async (response) => {
    await enough.promise;
    send(response, answer);
  });
}

describe("hold --wait", () => {
  it("without a terminal writes one line for each change to standard error", async () => {
    const { admin, holdgate } = await cliFixture();
    holdSettlesAfter(3, admin);
    const { code, stdout, stderr } = await holdgate(["hold", "--wait"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^chat: in hold.*\n$/);
    const lines = stderr.split("\n");
    // The last look may be cut short by the answer that it lets out.
    expect(lines.slice(0, 2)).toEqual([
      "chat: 2 in flight, 12 held, 40 tunnels",
      "chat: 1 in flight, 12 held, 40 tunnels",
    ]);
  });

  it("with --json shows no progress", async () => {
    const { admin, holdgate } = await cliFixture();
    const answer = writeAnswer({ service: holding, settled: true });
    admin.answer("POST /admin/hold", answer);
    const { stdout, stderr } = await holdgate(["hold", "--wait", "--json"]);
    expect(JSON.parse(stdout)).toEqual(answer);
    expect({ stderr, looks: admin.looks }).toEqual({ stderr: "", looks: 0 });
  });

  it("fails when the deadline came first, says what is left and that the hold stays on", async () => {
    const { admin, holdgate } = await cliFixture();
    const remaining = { inFlight: 3, tunnels: 1, held: 0 };
    admin.answer("POST /admin/hold", writeAnswer({ service: holding, settled: false, remaining }));
    const { code, stdout, stderr } = await holdgate(["hold", "--wait"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^chat: in hold/);
    expect(stderr).toBe(
      "holdgate: not settled at the deadline: 3 in flight, 1 tunnel left; the hold stays on\n",
    );
  });

  it("survives looks that fail: the call itself tells what is wrong", async () => {
    const { admin, holdgate } = await cliFixture();
    const looked = Promise.withResolvers<void>();
    admin.on("GET /admin/status", (response) => {
      response.destroy();
      looked.resolve();
    });
    admin.on("POST /admin/hold", async (response) => {
      await looked.promise;
      response.destroy();
    });
    const { code, stderr } = await holdgate(["hold", "--wait"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^holdgate: cannot reach the gateway at .* \(admin_unreachable\)\n$/);
  });
});

it("hold --wait on a terminal rewrites one line and erases it before the summary", async ({ skip }) => {
  skip(leftOut !== null, leftOut ?? "");
  const { admin, holdgate } = await cliFixture();
  holdSettlesAfter(3, admin);
  const through = (command: string[]): string[] => ["script", "-qec", command.join(" "), "/dev/null"];
  const { code, stdout } = await holdgate(["hold", "--wait"], {
    through,
    env: { TERM: "xterm", NO_COLOR: "1" },
  });
  expect(code).toBe(0);
  // \x1b[1G: to the first column; \x1b[0K: clear to the right; \x1b[2K: clear the whole line.
  expect(stdout).toMatch(
    /^\x1b\[1Gchat: 2 in flight, 12 held, 40 tunnels · [\d.]+s\x1b\[0K\x1b\[1Gchat: 1 in flight/,
  );
  expect(stdout).toMatch(/\x1b\[0K\x1b\[1G\x1b\[2Kchat: in hold[^\n]*\r\n$/);
  expect(stdout.match(/\n/g)).toHaveLength(1);
});
