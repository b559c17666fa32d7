// A whole gateway inside the test's process, on real sockets: engine, policy and control, as `holdgate run`
// puts them together, but with the test's clock and without the admin listener.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../src/config/parse-config.ts";
import type { Settings } from "../../src/config/settings.ts";
import type { CommandInput } from "../../src/control/commands.ts";
import { BypassKeys } from "../../src/control/bypass-keys.ts";
import { Control, type CommandOutcome } from "../../src/control/control.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import type { GatewayEvent, ServicePort } from "../../src/gateway/gateway-port.ts";
import type { RequestIdentityOptions } from "../../src/gateway/request-identity.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";

export interface StartedGateway {
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  gateway: Gateway;
  control: Control;
  settings: Settings;
  bypassKeys: BypassKeys;
  /** Of the service `chat`. */
  service: ServicePort;
  /** Everything the gateway has told so far, in order. */
  events: GatewayEvent[];
  dispatch(command: CommandInput): Promise<CommandOutcome>;
  close(): Promise<void>;
}

export interface StartGatewayOptions {
  /** Address of the upstream `blue`, as `http://127.0.0.1:3000`. */
  blue: string;
  /** YAML lines (indented by four spaces) for the service `chat`. */
  service?: string;
  clock?: Clock;
  dataDir?: string;
  trustedProxies?: string[];
  identity?: RequestIdentityOptions;
  onSettled?: GatewayOptions["onSettled"];
}

export async function startGateway(options: StartGatewayOptions): Promise<StartedGateway> {
  const clock = options.clock ?? systemClock;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "holdgate-test-")));
  const yaml = [
    "listen: 127.0.0.1:0",
    `dataDir: ${dataDir}`,
    `trustedProxies: ${JSON.stringify(options.trustedProxies ?? [])}`,
    "services:",
    "  chat:",
    `    upstreams: { blue: "${options.blue}" }`,
    options.service ?? "",
  ];
  const settings = parseConfig(yaml.join("\n"), "test.yaml", {});
  const events: GatewayEvent[] = [];
  let control: Control | undefined;
  const bypassKeys = await BypassKeys.open(dataDir);
  const gateway = new Gateway({
    clock,
    trustedProxies: settings.trustedProxies,
    bypassKeys,
    ...(options.identity && { identity: options.identity }),
    ...(options.onSettled && { onSettled: options.onSettled }),
    onEvent: (event) => {
      events.push(event);
      control?.onGatewayEvent(event);
    },
  });
  control = await Control.open({ settings, gateway, clock });
  await gateway.listen(settings.listen);
  const [bound] = gateway.status().listening;
  const service = gateway.service("chat");
  if (!bound || !("port" in bound) || !service) throw new Error("the gateway did not start");
  const opened = control;
  return {
    port: bound.port,
    url: `http://127.0.0.1:${bound.port}`,
    gateway,
    control: opened,
    settings,
    bypassKeys,
    service,
    events,
    dispatch: (command) => opened.dispatch(command, { actor: "test", from: "test" }),
    async close() {
      gateway.destroy();
      for (const { name } of settings.services) gateway.service(name)?.retire();
      await opened.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
