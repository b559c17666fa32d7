// A gateway that splices, two upstreams that speak frames by hand, and a clock that only the test moves.

import { expect, onTestFinished } from "vitest";
import type { ServiceStatus } from "../../../src/gateway/gateway-port.ts";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { openGateway } from "../../support/open-gateway.ts";
import { RawWebSocket, type RawWebSocketOptions } from "../../support/raw-websocket.ts";
import type { StartedGateway } from "../../support/start-gateway.ts";
import { closeFrameOf } from "../../support/websocket-frames.ts";
import { TunnelServer, type TunnelServerOptions, type UpstreamEnd } from "../../support/tunnel-server.ts";

export interface TunnelStageOptions {
  /** YAML of the `websocket` section, behind the policies: `, splice: { maxBytes: 1KiB }`. */
  webSocket?: string;
  protocol?: string;
  onCutover?: string;
  onUpstreamLoss?: string;
  /** YAML lines for the service, indented by four spaces. */
  service?: string;
  blue?: TunnelServerOptions;
  green?: TunnelServerOptions;
}

export interface TunnelStage {
  readonly clock: ManualClock;
  readonly blue: TunnelServer;
  readonly green: TunnelServer;
  readonly gateway: StartedGateway;
  readonly open: (options?: RawWebSocketOptions) => Promise<RawWebSocket>;
  readonly cutOver: (name: "blue" | "green") => Promise<void>;
  readonly order: (type: "hold" | "release" | "maintenance_on" | "maintenance_off") => Promise<void>;
  /** Holds, and waits until so many tunnels are parked. */
  readonly park: (count?: number) => Promise<void>;
  readonly status: () => ServiceStatus;
  /** Lets the clock go on until it holds. */
  readonly inTime: <T>(look: () => T) => Promise<T>;
}

const STEP_MS = 250;

/** Everything ends with the test. */
export async function openTunnelStage(options: TunnelStageOptions = {}): Promise<TunnelStage> {
  const { webSocket = "", protocol = "plain", onCutover = "splice", onUpstreamLoss = "splice" } = options;
  const clock = new ManualClock();
  const [blue, green] = [await startServer(options.blue), await startServer(options.green)];
  const policies = `onCutover: ${onCutover}, onUpstreamLoss: ${onUpstreamLoss}, protocol: ${protocol}`;
  const gateway = await openGateway({
    blue: blue.url,
    service: `    websocket: { ${policies}${webSocket} }\n${options.service ?? ""}`,
    clock,
  });
  return {
    clock,
    blue,
    green,
    gateway,
    async open(clientOptions) {
      const client = await RawWebSocket.open(gateway.port, clientOptions);
      onTestFinished(() => client.destroy());
      return client;
    },
    cutOver: (name) => cutOver(gateway, name, { blue, green }[name].url),
    async park(count = 1) {
      await gateway.dispatch({ type: "hold", service: "chat" });
      await eventually(() => expect(gateway.service.status().parked).toBe(count));
    },
    order: async (type) => void (await gateway.dispatch({ type, service: "chat" })),
    status: () => gateway.service.status(),
    inTime: (look) =>
      eventually(() => {
        clock.advance(STEP_MS);
        return look();
      }),
  };
}

export async function startServer(options?: TunnelServerOptions): Promise<TunnelServer> {
  const server = await TunnelServer.start(options);
  onTestFinished(() => server.close());
  return server;
}

/** The upstream's end of its first (or `nth`) tunnel, as soon as there is one. */
export function endAt(server: TunnelServer, nth = 0): Promise<UpstreamEnd> {
  return eventually(() => {
    const end = server.tunnels[nth];
    if (!end) throw new Error(`there are only ${server.tunnels.length} tunnels`);
    return end;
  });
}

/** A message went each way. */
export async function expectTalk(client: RawWebSocket, end: UpstreamEnd): Promise<void> {
  const said = `said ${end.messages.length}`;
  client.say(said);
  await eventually(() => expect(end.messages.at(-1)).toBe(said));
  const answer = `answer ${client.messages.length}`;
  end.say(answer);
  await eventually(() => expect(client.messages.at(-1)).toBe(answer));
}

/** Whatever was written before has come in: the loop has gone round many times. */
export async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Does not answer a handshake. */
export const SILENT = { answer: () => "" };
/** Does not answer a Close before it is told to. */
export const STUBBORN = { onTunnel: (end: UpstreamEnd) => void (end.polite = false) };

/** The gateway has sent it a Close. */
export async function closed(end: UpstreamEnd): Promise<void> {
  await eventually(() => expect(end.received.close?.code).toBe(1001));
}

/** A tunnel whose upstream, blue, has been sent the Close that `order` leads to, and has not answered it. */
export async function openLeaving(
  order: (stage: TunnelStage) => Promise<unknown>,
): Promise<{ stage: TunnelStage; client: RawWebSocket; end: UpstreamEnd }> {
  const stage = await openTunnelStage({ blue: STUBBORN });
  const client = await stage.open();
  const end = await endAt(stage.blue);
  await order(stage);
  await closed(end);
  return { stage, client, end };
}

export function answerClose(end: UpstreamEnd): void {
  end.socket.end(closeFrameOf(1001));
}

/** Its client has been sent away, and nothing is left of it. */
export async function expectSentAway(stage: TunnelStage, client: RawWebSocket): Promise<void> {
  await stage.inTime(() => expect(client.received.close?.code).toBe(1012));
  await client.closed;
  await eventually(() => expect(stage.status()).toMatchObject({ parked: 0, tunnels: 0 }));
}
