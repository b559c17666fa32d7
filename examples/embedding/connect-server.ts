// A Connect server whose requests Holdgate admits, and http-proxy-middleware carries.
//
//   CONFIG=config/holdgate.yaml PORT=8080 node connect-server.ts

import { createServer } from "node:http";
import connect from "connect";
import { createProxyMiddleware } from "http-proxy-middleware";
import { holdgate } from "holdgate/middleware";

const { CONFIG = "config/holdgate.yaml", PORT = "8080" } = process.env;
const gate = await holdgate({ config: CONFIG });

const proxy = createProxyMiddleware({
  router: (req) => req.holdgate?.target,
  agent: gate.agent,
  xfwd: true,
  on: { error: gate.onProxyError },
});

const app = connect();
app.use(gate.connect());
app.use((req, res, next) => void proxy(req, res, next));

const server = createServer({ shouldUpgradeCallback: gate.shouldUpgrade }, app);
// WebSockets are carried by Holdgate itself: leave `ws` of the proxy alone.
server.on("upgrade", gate.upgrade);
server.listen(Number(PORT), "127.0.0.1", () => console.log("listening on", server.address()));

process.once("SIGTERM", () => {
  server.close();
  void gate.close().then(() => process.exit(0));
});
