// The whole file. From this one source come the check of the file, its defaults, the JSON Schema for
// editors and the table of keys in the README.

import { z } from "zod";
import { accessLogSchema, auditSchema } from "./log-schemas.ts";
import { section } from "./section.ts";
import { webhooksSchema } from "./webhook-schema.ts";
import { serviceSchema } from "./service-schema.ts";
import { duration, list, network, serviceName, socketAddress, text, yesOrNo } from "./values.ts";

const LISTEN_EXPECTED = "expected an address such as 0.0.0.0:8080, or a list of them";

export const configSchema = section({
  listen: z
    .union(
      [
        socketAddress().transform((address) => [address]),
        list(socketAddress()).min(1, { error: "expected at least one address, such as 0.0.0.0:8080" }),
      ],
      { error: LISTEN_EXPECTED },
    )
    .prefault("0.0.0.0:8080")
    .describe("Where clients connect: an address or a list of them. Overridden by `HOLDGATE_LISTEN`."),
  dataDir: text("expected the path of a directory")
    .prefault("./data")
    .describe(
      "Where the state is kept, relative to the directory in which the gateway runs. " +
        "Overridden by `HOLDGATE_DATA_DIR`.",
    ),
  admin: section({
    listen: socketAddress()
      .prefault("127.0.0.1:9180")
      .describe("Where the admin API listens. Overridden by `HOLDGATE_ADMIN_LISTEN`."),
    allowRemote: yesOrNo()
      .prefault(false)
      .describe("Allows `admin.listen` to be an address that other machines can reach."),
  }).prefault({}),
  trustedProxies: list(network())
    .prefault([])
    .describe("The networks of proxies in front, whose X-Forwarded headers are believed."),
  audit: auditSchema.prefault({}),
  accessLog: accessLogSchema()
    .prefault(false)
    .describe(
      "true: one line for each request to standard output; or a file, relative to the directory in which " +
        "the gateway runs; or `{ file, format: json or combined }`.",
    ),
  requestIds: yesOrNo()
    .prefault(true)
    .describe("A request that has no `X-Request-Id` gets one, and every answer carries it."),
  tracing: yesOrNo()
    .prefault(false)
    .describe("A request that has no `traceparent` (W3C Trace Context) gets one, marked as sampled."),
  services: z
    .record(serviceName(), serviceSchema, {
      error: "expected a mapping of services, each with its upstreams",
    })
    .refine((services) => Object.keys(services).length > 0, { error: "expected at least one service" })
    .meta({ minProperties: 1 }),
  webhooks: webhooksSchema,
  shutdown: section({
    grace: duration({ zero: true })
      .prefault("30s")
      .describe("How long requests and WebSockets may take to finish when the gateway is stopped."),
  }).prefault({}),
});

export type Config = z.output<typeof configSchema>;
export type ServiceConfig = Config["services"][string];
