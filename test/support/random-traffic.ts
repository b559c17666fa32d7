// A service between random clients, two random upstreams and a random operator, for laws that hold whatever
// happens. Whoever drives it lets it settle at the end.

import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { KeepAliveClient } from "./keep-alive-client.ts";
import { type Arrival, ScriptedUpstream } from "./scripted-upstream.ts";
import { type StartedService, startService } from "./start-service.ts";

export type Step =
  | { do: "ask"; method: "GET" | "PUT" | "POST"; body: "small" | undefined }
  | { do: "leave"; who: number }
  | { do: "answer"; status: number }
  | { do: "cut" | "kill" | "revive" | "cut over" }
  | { do: "enter"; mode: "open" | "hold" | "maintenance" }
  | { do: "wait"; ms: number };

const ask = fc.record({
  do: fc.constant("ask" as const),
  method: fc.constantFrom("GET", "PUT", "POST"),
  body: fc.constantFrom("small", undefined),
});

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: ask },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("leave" as const), who: fc.nat(30) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("answer" as const), status: fc.constantFrom(200, 404, 500) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("cut", "kill", "revive", "cut over") }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("enter" as const),
      mode: fc.constantFrom("open", "hold", "maintenance"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(50, 600, 2500, 11_000) }),
  },
);

// Enough for a request to get through all sockets of this one process, most of the time.
const TURNS = 6;
const MOST_TURNS = 20_000;

interface Asked {
  method: string;
  target: string;
  client: KeepAliveClient;
  left: boolean;
}

export class RandomTraffic {
  readonly started: StartedService;
  readonly asked: Asked[] = [];
  readonly #blue: ScriptedUpstream;
  readonly #green: ScriptedUpstream;
  readonly #unanswered: Arrival[];
  readonly #check: () => void;
  #blueLives = true;

  private constructor(parts: {
    started: StartedService;
    blue: ScriptedUpstream;
    green: ScriptedUpstream;
    unanswered: Arrival[];
    check: (started: StartedService) => void;
  }) {
    this.started = parts.started;
    this.#blue = parts.blue;
    this.#green = parts.green;
    this.#unanswered = parts.unanswered;
    this.#check = () => parts.check(parts.started);
  }

  /** `check` looks at the law, again and again. */
  static async start(service: string, check: (started: StartedService) => void): Promise<RandomTraffic> {
    const unanswered: Arrival[] = [];
    const onArrival = (arrival: Arrival): void => void unanswered.push(arrival);
    const [blue, green] = [new ScriptedUpstream({ onArrival }), new ScriptedUpstream({ onArrival })];
    await Promise.all([blue.listen(), green.listen()]);
    const started = await startService({ upstreams: { blue: blue.url, green: green.url }, service });
    return new RandomTraffic({ started, blue, green, unanswered, check });
  }

  /** How often a request has reached an upstream. */
  timesSent(target: string): number {
    return [...this.#blue.targets, ...this.#green.targets].filter((each) => each === target).length;
  }

  async step(step: Step): Promise<void> {
    await this.#do(step);
    for (let count = 0; count < TURNS; count++) {
      await turn();
      this.#check();
    }
  }

  /** Opens, revives, answers, until nothing is held or in flight any more. */
  async settle(): Promise<void> {
    await this.#do({ do: "enter", mode: "open" });
    await this.#do({ do: "revive" });
    for (let turns = 0; turns < MOST_TURNS; turns++) {
      const { held, inFlight, counters } = this.started.service.status();
      if (held + inFlight === 0 && counters.admitted === this.asked.length) return;
      for (const arrival of this.#unanswered.splice(0)) arrival.answer(200);
      this.started.clock.advance(10);
      await turn();
      this.#check();
    }
    throw new Error(`it does not settle: ${JSON.stringify(this.started.service.status())}`);
  }

  async close(): Promise<void> {
    for (const { client } of this.asked) client.leave();
    this.started.close();
    await Promise.all([this.#blue.kill(), this.#green.kill()]);
  }

  async #do(step: Step): Promise<void> {
    switch (step.do) {
      case "ask":
        return this.#ask(step.method, step.body);
      case "leave":
        return this.#leave(step.who);
      case "answer":
        return this.#unanswered.shift()?.answer(step.status);
      case "cut":
        return this.#unanswered.shift()?.cut();
      case "kill":
        this.#blueLives = false;
        return this.#blue.kill();
      case "revive":
        if (!this.#blueLives) await this.#blue.listen();
        this.#blueLives = true;
        return;
      case "cut over":
        return this.#cutOver();
      case "enter":
        return this.started.apply({ mode: step.mode });
      case "wait":
        return this.started.clock.advance(step.ms);
    }
  }

  async #ask(method: string, body: string | undefined): Promise<void> {
    const client = await KeepAliveClient.open(this.started.port);
    const target = `/${this.asked.length}`;
    this.asked.push({ method, target, client, left: false });
    client.ask(method, target, body === undefined ? {} : { body });
    // Whoever leaves before the gateway has seen the request was never there.
    while (this.started.service.status().counters.admitted < this.asked.length) await turn();
  }

  #leave(who: number): void {
    const asked = this.asked[who];
    if (!asked) return;
    asked.left = true;
    asked.client.leave();
  }

  #cutOver(): void {
    const { active } = this.started.service.upstreams.slots;
    this.started.apply({ slots: { active: active === "blue" ? "green" : "blue", previous: active } });
  }
}
