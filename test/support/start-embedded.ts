// The gateway inside a server of the test's own: what examples/embedding shows, without the price of a process.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import connect from "connect";
import express from "express";
import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { createProxyMiddleware } from "http-proxy-middleware";
import pino from "pino";
import { expect, onTestFinished } from "vitest";
import { z } from "zod";
import { type Holdgate, holdgate, type HoldgateEnv } from "../../src/middleware/holdgate.ts";
import { callAdmin } from "./call-admin.ts";
import { listen } from "./listen.ts";
import { runInProcess } from "./run-in-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export const HOSTS = ["connect", "express", "hono"] as const;

const statusSchema = z.object({
  services: z.array(
    z.looseObject({
      name: z.string(),
      held: z.number(),
      inFlight: z.number(),
      tunnels: z.number(),
      counters: z.record(z.string(), z.unknown()),
    }),
  ),
});

export type EmbeddedStatus = z.infer<typeof statusSchema>["services"][number];

export interface Embedded {
  port: number;
  gate: Holdgate;
  /** Of the service `chat`. */
  status(): Promise<EmbeddedStatus>;
  /** The command line against it; what it says. */
  holdgate(...args: string[]): Promise<string>;
  /** Twice is harmless. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  host?: (typeof HOSTS)[number];
  /** The section `services`, and what else is wanted beside it. */
  yaml: string;
  dir?: string;
}

export async function startEmbedded({ host = "connect", yaml, dir }: EmbeddedOptions): Promise<Embedded> {
  const root = dir ?? (await temporaryDirectory());
  const config = join(root, "holdgate.yaml");
  await writeFile(config, `dataDir: ${root}/data\nadmin: { listen: "127.0.0.1:0" }\n${yaml}`);
  const gate = await holdgate({ config, log: pino({ level: "silent" }) });
  const server = SERVERS[host](gate);
  server.on("upgrade", gate.upgrade);
  const port = await listen(server);
  const socket = join(root, "data", "admin.sock");
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await gate.close();
  };
  onTestFinished(close);
  return { port, gate, close, status: () => statusOf(socket), holdgate: (...args) => run(socket, args) };
}

/** The proxy behind the gate, as the documentation has it. */
export function proxyBehind(
  gate: Holdgate,
): (req: IncomingMessage, res: ServerResponse, next: () => void) => void {
  const carry = createProxyMiddleware({
    router: (req) => req.holdgate?.target,
    agent: gate.agent,
    xfwd: true,
    on: { error: gate.onProxyError },
  });
  return (req, res, next) => void carry(req, res, next);
}

const SERVERS = {
  connect: (gate: Holdgate): Server => createServer(connect().use(gate.connect()).use(proxyBehind(gate))),
  express: (gate: Holdgate): Server => createServer(express().use(gate.connect(), proxyBehind(gate))),
  hono: (gate: Holdgate): Server => {
    const app = new Hono<HoldgateEnv>();
    app.onError(() => new Response("the host's own words", { status: 500 }));
    app.use(gate.hono());
    app.all("*", (c) => {
      const { pathname, search } = new URL(c.req.url);
      return proxy(`${c.get("holdgate")?.url}${pathname}${search}`, { raw: c.req.raw });
    });
    const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
    if (!("closeAllConnections" in server)) throw new Error("it speaks HTTP/2");
    return server;
  },
};

async function statusOf(socket: string): Promise<EmbeddedStatus> {
  const { body } = await callAdmin(socket, "GET", "/admin/status");
  const chat = statusSchema.parse(body).services.find(({ name }) => name === "chat");
  if (!chat) throw new Error("there is no service chat");
  return chat;
}

async function run(socket: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runInProcess(["--admin", socket, ...args]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}
