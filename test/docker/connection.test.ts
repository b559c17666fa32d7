// What happens between us and an engine: broken answers, cut connections, refusals. The engine is a script on a unix
// socket, because no real one misbehaves on demand.

import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine } from "../../src/docker/engine.ts";
import { fakeInspect } from "../support/docker/fake-inspect.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

interface Scripted {
  engine: Engine;
  /** `GET /v1.41/info` */
  seen: string[];
  server: Server;
}

const CONTAINER = "c".repeat(64);

/** @param apiVersion what the engine says that it speaks. */
async function script(answer: RequestListener, apiVersion = "1.41"): Promise<Scripted> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (request.url?.startsWith("/version")) {
      response.end(JSON.stringify({ Version: "20.10.24", ApiVersion: apiVersion }));
    } else answer(request, response);
  });
  const socketPath = join(await temporaryDirectory(), "engine.sock");
  await once(server.listen(socketPath), "listening");
  const engine = connectEngine({ socketPath });
  onTestFinished(() => {
    engine.close();
    server.close();
    server.closeAllConnections();
  });
  return { engine, seen, server };
}

/** What `inspect` says of a container that is being removed. */
const LOOK = JSON.stringify(fakeInspect(CONTAINER, { name: "chat", state: "removing" }));
const INFO = JSON.stringify({ Name: "here", DockerRootDir: "/data", Swarm: { LocalNodeState: "inactive" } });

describe("the version", () => {
  test("that is spoken is the engine's when it is older than what this code knows", async () => {
    const { engine, seen } = await script((_, response) => response.end(INFO), "1.40");
    await engine.info();
    await engine.info();
    expect(seen).toEqual(["GET /version", "GET /v1.40/info", "GET /v1.40/info"]);
  });

  test("of a newer engine is the newest that this code knows", async () => {
    const { engine, seen } = await script((_, response) => response.end(INFO), "1.52");
    await engine.info();
    expect(seen.at(-1)).toBe("GET /v1.47/info");
  });

  test("is asked for again by the next, where one gave up or was answered nonsense", async () => {
    const { engine } = await script((_, response) => response.end(INFO));
    await expect(engine.info(AbortSignal.abort(new Error("given up")))).rejects.toThrow("given up");
    expect((await engine.info()).name).toBe("here");
    const { engine: broken } = await script((_, response) => response.end(INFO), "no version");
    await expect(broken.info()).rejects.toThrow("not that of a Docker engine");
  });
});

describe("an answer that breaks off", () => {
  test("in the middle of a read is asked for again", async () => {
    let times = 0;
    const { engine, seen } = await script((_, response) => {
      times += 1;
      response.writeHead(200, { "Content-Length": INFO.length });
      if (times > 1) response.end(INFO);
      else response.write(INFO.slice(0, 10), () => response.destroy());
    });
    expect((await engine.info()).rootDir).toBe("/data");
    expect(seen).toHaveLength(3);
  });

  test("in the middle of every read is an error in the end", async () => {
    const { engine, seen } = await script((_, response) => response.destroy());
    await expect(engine.info()).rejects.toMatchObject({ kind: "unreachable" });
    expect(seen).toHaveLength(6);
  });

  test("in the middle of a write is an error, and the write is not repeated", async () => {
    const { engine, seen } = await script((_, response) => {
      response.writeHead(201, { "Content-Length": 100 }).write('{"Id":', () => response.destroy());
    });
    const creating = engine.containers.create({ name: "chat", body: { Image: "chat:1" } });
    await expect(creating).rejects.toMatchObject({ kind: "unreachable", status: null });
    expect(seen).toEqual(["GET /version", "POST /v1.41/containers/create?name=chat"]);
  });

  test("because its caller gave up is that caller's reason", async () => {
    const giveUp = new AbortController();
    const { engine } = await script((_, response) => {
      response.writeHead(200, { Connection: "close" }).write("{");
      giveUp.abort(new Error("too late"));
    });
    await expect(engine.info(giveUp.signal)).rejects.toThrow("too late");
  });
});

describe("an engine in trouble", () => {
  test("is asked again by who only reads", async () => {
    let times = 0;
    const { engine } = await script((_, response) => {
      times += 1;
      if (times < 4) response.writeHead(500).end('{"message":"in trouble"}');
      else response.end(INFO);
    });
    expect((await engine.info()).rootDir).toBe("/data");
  });

  test("is not asked again by who writes, nor for what a registry says", async () => {
    const { engine, seen } = await script((_, response) => response.writeHead(500).end("in trouble"));
    await expect(engine.containers.start(CONTAINER)).rejects.toMatchObject({ kind: "failed" });
    await expect(engine.images.distribution("app:1", null)).rejects.toMatchObject({ kind: "failed" });
    expect(seen).toHaveLength(3);
  });
});

describe("a refusal", () => {
  test.each([
    [400, "bad parameter", "invalid"],
    [404, "no such thing", "absent"],
    [409, "name in use", "conflict"],
    [403, "Address already in use", "conflict"],
    [500, "driver failed: Bind for 0.0.0.0:80 failed: port is already allocated", "conflict"],
    [500, "rpc error: update out of sequence", "conflict"],
    [503, "This node is not a swarm manager.", "conflict"],
    [500, "server error", "failed"],
    [502, "bad gateway", "failed"],
  ])("%i %s is of the kind %s %s", async (status, message, kind) => {
    const { engine } = await script((_, response) =>
      response.writeHead(status).end(JSON.stringify({ message })),
    );
    const expected = `start container chat: the engine answered ${status}: ${message}`;
    await expect(engine.containers.start("chat")).rejects.toMatchObject({ kind, status, message: expected });
  });

  test("by a proxy that speaks no JSON is told in its words", async () => {
    const { engine } = await script((_, response) => response.writeHead(403).end("<h1>Forbidden</h1>"));
    await expect(engine.containers.start("chat")).rejects.toThrow("answered 403: <h1>Forbidden</h1>");
  });

  test("names the container that a person knows, where it has been seen", async () => {
    const { engine } = await script((request, response) => {
      if (request.method === "POST") response.writeHead(500);
      response.end(
        JSON.stringify([
          { Id: CONTAINER, Names: ["/chat"], Image: "i", ImageID: "i", State: "s", Created: 1 },
        ]),
      );
    });
    await engine.containers.list({});
    const message = expect.stringContaining("stop container chat (cccccccccccc): ");
    await expect(engine.containers.stop(CONTAINER, { timeoutS: 1 })).rejects.toMatchObject({ message });
  });
});

describe("what counts as done", () => {
  test("is a start that changes nothing", async () => {
    const { engine } = await script((_, response) => response.writeHead(304).end());
    await engine.containers.start("chat");
  });

  test("is a removal by somebody else, once it is over", async () => {
    let looks = 0;
    const { engine } = await script((request, response) => {
      if (request.method === "DELETE") {
        const message = "removal of container chat is already in progress";
        response.writeHead(409).end(JSON.stringify({ message }));
      } else {
        looks += 1;
        response.writeHead(looks < 3 ? 200 : 404).end(looks < 3 ? LOOK : '{"message":"no such container"}');
      }
    });
    await engine.containers.remove("chat", { force: false, volumes: false });
    expect(looks).toBe(3);
  });
});

test("an answer that is not understood says where", async () => {
  const { engine } = await script((_, response) => response.end('{"Name":"here"}'));
  await expect(engine.info()).rejects.toMatchObject({
    kind: "failed",
    message: expect.stringContaining(
      "ask the engine about itself: the engine's answer is not understood: DockerRootDir",
    ),
  });
});

test("an engine that is not there is unreachable, and the message says where it was looked for", async () => {
  const engine = connectEngine({ socketPath: "/nowhere/docker.sock" });
  await expect(engine.info()).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringMatching(/ENOENT .*\/nowhere\/docker.sock; does the engine run\?/),
  });
  engine.close();
});
