// A Hono server on Node whose requests Holdgate admits, and Hono's proxy helper carries.
//
//   CONFIG=config/holdgate.yaml PORT=8080 node hono-server.ts

import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { holdgate, type HoldgateEnv } from "holdgate/middleware";

const { CONFIG = "config/holdgate.yaml", PORT = "8080" } = process.env;
const gate = await holdgate({ config: CONFIG });

const app = new Hono<HoldgateEnv>();

// In front of the gate: answered in every mode.
app.get("/imprint", (c) => c.text("our own page\n"));

app.use(gate.hono());
app.all("*", (c) => {
  const admitted = c.get("holdgate");
  if (!admitted) return c.notFound();
  const { pathname, search } = new URL(c.req.url);
  const headers = { ...c.req.header(), "X-Forwarded-Host": c.req.header("host") };
  return proxy(`${admitted.url}${pathname}${search}`, { raw: c.req.raw, headers });
});

const serverOptions = { shouldUpgradeCallback: gate.shouldUpgrade };
const server = serve(
  { fetch: app.fetch, port: Number(PORT), hostname: "127.0.0.1", serverOptions },
  (address) => console.log("listening on", address),
);
server.on("upgrade", gate.upgrade);

process.once("SIGTERM", () => {
  server.close();
  void gate.close().then(() => process.exit(0));
});
