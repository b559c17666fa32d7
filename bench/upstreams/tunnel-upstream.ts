import { once } from "node:events";
import { freePort } from "../process/free-port.ts";
import type { ChildProgram } from "../process/child-program.ts";
import { nodeUpstream } from "./start-node-upstream.ts";

/** On the clock of monotonic-ms.ts, in order. */
export type HandshakeTimes = readonly number[];

/** The caller's end of tunnel-server.ts, for whom its handshakes matter. */
export class TunnelUpstream {
  readonly port: number;
  readonly #program: ChildProgram;

  static async start(resources: AsyncDisposableStack): Promise<TunnelUpstream> {
    const port = await freePort();
    const program = nodeUpstream("tunnel-server.ts", [String(port)]);
    resources.defer(() => program.stop("SIGKILL"));
    await program.listening(port);
    return new TunnelUpstream(port, program);
  }

  private constructor(port: number, program: ChildProgram) {
    this.port = port;
    this.#program = program;
  }

  /** When the handshakes came since this was asked last, once there are so many. */
  async handshakes(count: number, withinMs: number): Promise<HandshakeTimes> {
    const signal = AbortSignal.timeout(withinMs);
    const reply = once(this.#program.process, "message", { signal });
    this.#program.process.send(count);
    const [times]: HandshakeTimes[] = await reply.catch(() => []);
    if (times === undefined) throw new Error(`fewer than ${count} handshakes in ${withinMs / 1000} s`);
    return times;
  }
}
