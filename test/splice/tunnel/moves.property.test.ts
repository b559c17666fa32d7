// Laws of spliced tunnels that hold in whatever order clients, upstreams and operators do something.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { anyStep, peacefulStep, type Player, RandomMoves, type Step, WELCOME } from "./random-moves.ts";

// Not many: each run opens a dozen sockets.
const BOUNDS = { numRuns: 15 };
const PROTOCOLS = ["plain", "first-message"] as const;
type Protocol = (typeof PROTOCOLS)[number];

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, nth) => nth);
}

function heardBy({ client }: Player): number[] {
  return client.messages.filter((text) => text !== WELCOME).map(Number);
}

/** Of one that is still there: everything has come, once, in order, both ways. */
async function expectAll(moves: RandomMoves, player: Player): Promise<void> {
  await eventually(() => expect(moves.arrived(player)).toEqual(upTo(player.said)), 3000);
  await eventually(() => expect(heardBy(player)).toEqual(upTo(moves.told(player))), 3000);
  if (player.pings > 0) {
    await eventually(() => expect(player.pongs.at(-1)).toBe(player.pings - 1), 3000);
  }
}

/** Of one that was sent away: nothing has come twice, or out of order. */
function expectSome(moves: RandomMoves, player: Player): void {
  expect([1012, 1013]).toContain(player.client.received.close?.code);
  for (const numbers of [moves.arrived(player), heardBy(player)]) {
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
  }
}

async function play(steps: Step[], protocol: Protocol): Promise<RandomMoves> {
  const moves = await RandomMoves.start(protocol);
  try {
    for (const step of steps) await moves.step(step);
    await moves.settle();
    expect(moves.started.service.status().parked).toBe(0);
    for (const [nth, player] of moves.players.entries()) {
      expect(player.client.received.problem).toBeNull();
      expect(player.pongs).toEqual(player.pongs.toSorted((a, b) => a - b));
      if (moves.hasLeft(player)) {
        expectSome(moves, player);
        continue;
      }
      moves.say(nth);
      moves.hear(nth);
      if (protocol !== "plain")
        expect(player.client.messages.filter((each) => each === WELCOME)).toHaveLength(1);
      await expectAll(moves, player);
    }
    return moves;
  } finally {
    moves.close();
  }
}

const steps = fc.array(anyStep, { minLength: 5, maxLength: 40 });

test.each(PROTOCOLS)(
  "%s: each message comes once and in order, or its client is asked to come back; nobody stays parked",
  async (protocol) => {
    await fc.assert(
      fc.asyncProperty(steps, async (each) => void (await play(each, protocol))),
      BOUNDS,
    );
  },
  60_000,
);

test.each(PROTOCOLS)(
  "%s: where nothing is killed nobody is asked to come back",
  async (protocol) => {
    const peaceful = fc.array(peacefulStep, { minLength: 5, maxLength: 40 });
    const run = async (each: Step[]): Promise<void> => {
      const moves = await play(each, protocol);
      expect(moves.players.map(({ client }) => client.received.close)).toEqual([null, null, null]);
    };
    await fc.assert(fc.asyncProperty(peaceful, run), BOUNDS);
  },
  60_000,
);
