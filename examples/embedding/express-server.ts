// An Express server with a page of its own, whose other requests Holdgate admits and http-proxy-middleware carries.
//
//   CONFIG=config/holdgate.yaml PORT=8080 node express-server.ts

import { createServer } from "node:http";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";
import { holdgate } from "holdgate/middleware";

const { CONFIG = "config/holdgate.yaml", PORT = "8080" } = process.env;
const gate = await holdgate({ config: CONFIG });

const app = express();
app.disable("x-powered-by");

// In front of the gate: answered in every mode.
app.get("/imprint", (_req, res) => void res.send("our own page\n"));

app.use(
  gate.connect(),
  createProxyMiddleware({
    router: (req) => req.holdgate?.target,
    agent: gate.agent,
    xfwd: true,
    on: { error: gate.onProxyError },
  }),
);

const server = createServer({ shouldUpgradeCallback: gate.shouldUpgrade }, app);
// WebSockets are carried by Holdgate itself: leave `ws` of the proxy alone.
server.on("upgrade", gate.upgrade);
server.listen(Number(PORT), "127.0.0.1", () => console.log("listening on", server.address()));

process.once("SIGTERM", () => {
  server.close();
  void gate.close().then(() => process.exit(0));
});
