// Commands in containers of the fake engine: a test says what each does.

import { buffer } from "node:stream/consumers";
import { EngineError } from "../../../src/docker/engine-error.ts";
import type { CreateExec, ExecCalls, ExecInspect, ExecStreams } from "../../../src/docker/engine.ts";
import type { FakeContainers, FakeResult } from "./fake-containers.ts";

/** @param stdin all of it; empty when none was given. */
export type FakeProgram = (request: CreateExec, stdin: Buffer) => FakeResult | Promise<FakeResult>;

export class FakeExec implements ExecCalls {
  /** By the name of the container; `*` for all that have none. Without one a command succeeds and says nothing. */
  readonly programs = new Map<string, FakeProgram>();
  readonly #containers: FakeContainers;
  readonly #prepared = new Map<string, { container: string; request: CreateExec; state: ExecInspect }>();

  constructor(containers: FakeContainers) {
    this.#containers = containers;
  }

  async create(container: string, request: CreateExec): Promise<string> {
    const found = this.#containers.find(container)?.inspect;
    if (found === undefined) throw new EngineError("absent", 404, `No such container: ${container}`);
    if (found.State.Status !== "running") {
      throw new EngineError(
        "conflict",
        409,
        `prepare ${request.command[0]}: container ${container} is not running`,
      );
    }
    const id = `exec-${this.#prepared.size + 1}`;
    const state = { running: false, exitCode: null, pid: 0 };
    this.#prepared.set(id, { container: found.Name.slice(1), request, state });
    return id;
  }

  async start(id: string, { stdin, stdout, stderr }: ExecStreams): Promise<void> {
    const prepared = this.#prepared.get(id);
    if (prepared === undefined) throw new EngineError("absent", 404, `run exec ${id}: No such exec instance`);
    const { container, request, state } = prepared;
    Object.assign(state, { running: true, pid: 1 });
    const program: FakeProgram | undefined = this.programs.get(container) ?? this.programs.get("*");
    const input = stdin === undefined ? Buffer.alloc(0) : await buffer(stdin);
    const result: FakeResult = (await program?.(request, input)) ?? {};
    stdout?.end(result.stdout ?? "");
    stderr?.end(result.stderr ?? "");
    Object.assign(state, { running: false, exitCode: result.exitCode ?? 0 });
  }

  async inspect(id: string): Promise<ExecInspect | undefined> {
    return structuredClone(this.#prepared.get(id)?.state);
  }
}
