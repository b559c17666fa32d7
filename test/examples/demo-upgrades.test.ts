import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AdminSocket, type AdminAnswer } from "../../examples/demo/admin-socket.ts";
import type { Stage } from "../../examples/demo/stage.ts";
import { upgradeBlueGreen } from "../../examples/demo/upgrade-blue-green.ts";
import { upgradeInPlace } from "../../examples/demo/upgrade-in-place.ts";

const SETTLED: AdminAnswer = { settled: true, left: "" };

/** A stage that only writes down what is done on it. */
function recordingStage(answer: (path: string) => AdminAnswer = () => SETTLED) {
  const log: string[] = [];
  const appOf = (version: Stage["app"]["version"], port: number): Stage["app"] => ({
    version,
    port,
    stop: async () => void log.push(`stop ${version} on ${port}`),
  });
  const stage: Stage = {
    admin: {
      call: async (method, path, body) => {
        log.push(`${method} ${path} ${JSON.stringify(body)}`);
        return answer(path);
      },
    },
    startChat: async (version, port) => {
      log.push(`start ${version} on ${port}`);
      return appOf(version, port);
    },
    ports: { blue: 1001, green: 1002 },
    active: "blue",
    app: appOf("1.0.0", 1001),
    known: new Set(["blue"]),
  };
  return { stage, log };
}

describe("in place", () => {
  test("the old version stops after the hold has settled, and the release comes after the new one has started", async () => {
    const { stage, log } = recordingStage();
    await upgradeInPlace(stage, () => {});
    expect(log).toEqual([
      'POST /admin/hold {"service":"chat","wait":true}',
      "stop 1.0.0 on 1001",
      "start 2.0.0 on 1001",
      'POST /admin/release {"service":"chat","wait":true}',
    ]);
    expect(stage.app.version).toBe("2.0.0");
  });

  test("what is left in flight at the deadline of the hold is told", async () => {
    const { stage } = recordingStage(() => ({ settled: false, left: "2 in flight" }));
    const told: string[] = [];
    await upgradeInPlace(stage, (line) => void told.push(line));
    expect(told).toContain("still open: 2 in flight; the app ends them itself");
  });
});

describe("blue/green", () => {
  test("the old version stops only after the cutover, and the next time the way goes back without a new address", async () => {
    const { stage, log } = recordingStage();
    await upgradeBlueGreen(stage, () => {});
    expect(log.splice(0)).toEqual([
      "start 2.0.0 on 1002",
      'PUT /admin/services/chat/upstreams/green {"url":"http://127.0.0.1:1002"}',
      'PUT /admin/services/chat/candidate {"upstream":"green","waitHealthy":true}',
      'POST /admin/services/chat/cutover {"wait":true}',
      "stop 1.0.0 on 1001",
    ]);
    await upgradeBlueGreen(stage, () => {});
    expect(log).toEqual([
      "start 1.0.0 on 1001",
      'PUT /admin/services/chat/candidate {"upstream":"blue","waitHealthy":true}',
      'POST /admin/services/chat/cutover {"wait":true}',
      "stop 2.0.0 on 1002",
    ]);
  });

  test("when the cutover is refused, the new version is stopped and the old one stays", async () => {
    const { stage, log } = recordingStage((path) => {
      if (path.endsWith("/cutover")) throw new Error("409 not_healthy");
      return SETTLED;
    });
    await expect(upgradeBlueGreen(stage, () => {})).rejects.toThrow("409 not_healthy");
    expect(log.at(-1)).toBe("stop 2.0.0 on 1002");
    expect(stage).toMatchObject({ active: "blue", app: { version: "1.0.0" } });
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  if (request.url === "/refused") response.statusCode = 409;
  const refusal = { code: "no_candidate", detail: "No candidate is set" };
  const remaining = { inFlight: 2, tunnels: 0, held: 1 };
  response.end(JSON.stringify(request.url === "/refused" ? refusal : { settled: body === "", remaining }));
}

describe("admin socket", () => {
  let directory: string;
  let server: Server;
  let path: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "demo-admin-"));
    path = join(directory, "admin.sock");
    server = createServer((request, response) => void answer(request, response));
    await once(server.listen(path), "listening");
  });

  afterEach(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  test("an answer says whether everything settled and what was left", async () => {
    const admin = new AdminSocket(path);
    expect(await admin.call("GET", "/admin/status")).toMatchObject({ settled: true });
    const hold = await admin.call("POST", "/admin/hold", { wait: true });
    expect(hold).toEqual({ settled: false, left: "2 in flight, 1 held" });
  });

  test("a refusal is an error with code and detail", async () => {
    await expect(new AdminSocket(path).call("POST", "/refused")).rejects.toThrow(
      "POST /refused: 409 no_candidate: No candidate is set",
    );
  });
});
