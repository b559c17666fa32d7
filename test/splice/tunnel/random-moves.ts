// Clients of spliced tunnels and two upstreams that do whatever they are told, in any order, and a book of it all.

import * as fc from "fast-check";
import { expect } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { RawWebSocket } from "../../support/raw-websocket.ts";
import { type StartedService, startService } from "../../support/start-service.ts";
import { TunnelServer, type UpstreamEnd } from "../../support/tunnel-server.ts";
import { makeFrame, PING, PONG, TEXT } from "../../support/websocket-frames.ts";
import { turns } from "./open-stage.ts";

const COLOURS = ["blue", "green"] as const;
export type Colour = (typeof COLOURS)[number];

export type Step =
  | { do: "say" | "say much" | "hear" | "ping"; who: number }
  | { do: "cutover" | "kill" | "revive" | "stall"; colour: Colour }
  | { do: "hold" | "release" | "maintenance" | "flow" | "settle" }
  | { do: "advance"; ms: number };

/** More than the system takes, a few times. */
const MUCH = ` ${"and so on ".repeat(200_000)}`;

const who = fc.nat(2);
const colour = fc.constantFrom(...COLOURS);

const talk = fc.constantFrom("say" as const, "hear" as const, "ping" as const);
const order = fc.constantFrom("hold" as const, "release" as const, "settle" as const);
const peaceful: fc.WeightedArbitrary<Step>[] = [
  { weight: 12, arbitrary: fc.record({ do: talk, who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("cutover" as const), colour }) },
  { weight: 6, arbitrary: fc.record({ do: order }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(50, 500, 3000) }),
  },
];
const trouble = fc.constantFrom("kill" as const, "revive" as const, "stall" as const);

/** Nothing that would have to cost a client its connection. */
export const peacefulStep: fc.Arbitrary<Step> = fc.oneof(...peaceful);

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  ...peaceful,
  { weight: 3, arbitrary: fc.record({ do: trouble, colour }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("say much" as const), who }) },
  { weight: 1, arbitrary: fc.constant({ do: "maintenance" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "flow" as const }) },
);

export interface Player {
  readonly client: RawWebSocket;
  readonly path: string;
  said: number;
  pings: number;
  readonly pongs: number[];
}

const POLICY = "onCutover: splice, onUpstreamLoss: splice";
/** What a client of `first-message` says first on each upstream, and what it hears of it once. */
const HELLO = "I am I";
export const WELCOME = "welcome";

export class RandomMoves {
  readonly started: StartedService;
  readonly players: Player[] = [];
  /** Of all upstreams, in the order in which they were opened. */
  readonly ends: UpstreamEnd[] = [];
  /** How much the upstreams have told whom, by path. */
  readonly #told = new Map<string, number>();
  readonly #isPlain: boolean;
  readonly #servers: Record<Colour, TunnelServer>;
  readonly #dead = new Set<Colour>();

  private constructor(started: StartedService, servers: Record<Colour, TunnelServer>, isPlain: boolean) {
    this.started = started;
    this.#isPlain = isPlain;
    this.#servers = servers;
  }

  static async start(protocol: "plain" | "first-message"): Promise<RandomMoves> {
    const onTunnel = (end: UpstreamEnd): void => moves?.adopt(end);
    const servers = {
      blue: await TunnelServer.start({ onTunnel }),
      green: await TunnelServer.start({ onTunnel }),
    };
    const upstreams = { blue: servers.blue.url, green: servers.green.url };
    const service = `    websocket: { ${POLICY}, protocol: ${protocol} }`;
    const started = await startService({ upstreams, service });
    const moves: RandomMoves | undefined = new RandomMoves(started, servers, protocol === "plain");
    await Promise.all(["/0", "/1", "/2"].map((path) => moves.#open(path, protocol)));
    return moves;
  }

  async #open(path: string, protocol: string): Promise<void> {
    const client = await RawWebSocket.open(this.started.port, { path });
    const player: Player = { client, path, said: 0, pings: 0, pongs: [] };
    client.onFrame = ({ opcode, payload }) =>
      opcode === PONG && player.pongs.push(Number(payload.toString()));
    this.players.push(player);
    if (protocol === "plain") return;
    client.say(HELLO);
    await eventually(() => expect(client.messages).toEqual([WELCOME]));
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case "say":
        return this.say(step.who);
      case "say much":
        return this.say(step.who, MUCH);
      case "hear":
        return this.hear(step.who);
      case "ping":
        return this.#ping(step.who);
      case "cutover":
        return this.started.apply({ slots: { active: step.colour } });
      case "kill":
        return this.#kill(step.colour);
      case "revive":
        return this.#revive(step.colour);
      case "stall":
        return this.#stall(step.colour);
      case "flow":
        return this.#flow();
      case "maintenance":
        return this.started.apply({ mode: "maintenance" });
      case "hold":
        return this.started.apply({ mode: "hold" });
      case "release":
        return this.started.apply({ mode: "open" });
      case "settle":
        return turns(30);
      case "advance":
        // No deadline is to pass because nobody was given a turn.
        await turns(20);
        this.started.clock.advance(step.ms);
    }
  }

  /** Everything is back, and nothing stands in the way. */
  async settle(): Promise<void> {
    this.#flow();
    for (const each of COLOURS) await this.#revive(each);
    this.started.apply({ mode: "open" });
    for (let round = 0; round < 200; round += 1) {
      this.started.clock.advance(250);
      await turns(10);
      if (round > 20 && this.isQuiet) return;
    }
  }

  get isQuiet(): boolean {
    return this.started.service.status().parked === 0;
  }

  say(nth: number, more = ""): void {
    const player = this.players[nth];
    if (!player || this.hasLeft(player)) return;
    player.client.say(`${player.said}${more}`);
    player.said += 1;
  }

  /** The upstream that has it says something to it. */
  hear(nth: number): void {
    const player = this.players[nth];
    const end = player && this.endOf(player);
    if (end && (this.#isPlain || end.messages.length > 0)) this.#tell(end);
  }

  /** What it hears it answers. */
  adopt(end: UpstreamEnd): void {
    this.ends.push(end);
    end.onFrame = ({ opcode, payload }) => {
      if (opcode === PING) end.write(makeFrame(PONG, payload));
      if (opcode !== TEXT) return;
      if (payload.toString() === HELLO) end.say(WELCOME);
      else this.#tell(end);
    };
  }

  told({ path }: Player): number {
    return this.#told.get(path) ?? 0;
  }

  hasLeft({ client }: Player): boolean {
    return client.received.close !== null || client.socket.destroyed;
  }

  endOf({ path }: Player): UpstreamEnd | undefined {
    return this.ends.findLast(
      (end) => end.path === path && end.ended === "not yet" && end.received.close === null,
    );
  }

  /** What has reached upstreams of it, in the order of its tunnels. */
  arrived({ path }: Player): number[] {
    return this.ends
      .filter((end) => end.path === path)
      .flatMap(({ messages }) => messages.filter((text) => text !== HELLO).map(numberOf));
  }

  close(): void {
    for (const { client } of this.players) client.destroy();
    this.started.close();
    this.started.service.retire();
    for (const each of COLOURS) this.#servers[each].close();
  }

  #tell(end: UpstreamEnd): void {
    const told = this.#told.get(end.path) ?? 0;
    this.#told.set(end.path, told + 1);
    end.say(`${told}`);
  }

  #ping(nth: number): void {
    const player = this.players[nth];
    if (!player || this.hasLeft(player)) return;
    player.client.sendFrame(PING, `${player.pings}`);
    player.pings += 1;
  }

  // What is on its way when an upstream is killed is nobody's to promise: it comes in first.
  async #kill(each: Colour): Promise<void> {
    this.#flow();
    await turns(50);
    this.#servers[each].kill();
    this.#dead.add(each);
    await turns(5);
  }

  /** Its ends are not read any more. */
  #stall(each: Colour): void {
    for (const { socket } of this.ends) if (socket.localPort === this.#servers[each].port) socket.pause();
  }

  #flow(): void {
    for (const { socket } of this.ends) socket.resume();
  }

  async #revive(each: Colour): Promise<void> {
    if (!this.#dead.delete(each)) return;
    const { port } = this.#servers[each];
    this.#servers[each] = await TunnelServer.start({ port, onTunnel: (end) => this.adopt(end) });
  }
}

/** Of a message with its number in front. */
export function numberOf(message: string): number {
  return Number.parseInt(message, 10);
}
