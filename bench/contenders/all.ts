import type { Contender } from "../contender.ts";
import { caddy } from "./caddy.ts";
import { haproxy } from "./haproxy.ts";
import { holdgate, holdgateSplice, holdgateSpliceAtOnce } from "./holdgate.ts";
import { httpProxyMiddleware } from "./http-proxy-middleware.ts";
import { nginx, nginxLargeBuffers } from "./nginx.ts";

/** In the order of the tables. */
export const allContenders: readonly Contender[] = [
  holdgate,
  holdgateSplice,
  holdgateSpliceAtOnce,
  nginx,
  nginxLargeBuffers,
  haproxy,
  caddy,
  httpProxyMiddleware,
];
