import { once } from "node:events";
import { freePort } from "../process/free-port.ts";
import type { ChildProgram } from "../process/child-program.ts";
import type { Reopening, ReopeningCommand } from "./reopening-protocol.ts";
import { nodeUpstream } from "./start-node-upstream.ts";

/** The caller's end of reopening-server.ts. It is closed at first. */
export class ReopeningUpstream {
  readonly port: number;
  readonly #program: ChildProgram;

  static async start(resources: AsyncDisposableStack): Promise<ReopeningUpstream> {
    const port = await freePort();
    const program = nodeUpstream("reopening-server.ts", [String(port)]);
    resources.defer(() => program.stop("SIGKILL"));
    return new ReopeningUpstream(port, program);
  }

  private constructor(port: number, program: ChildProgram) {
    this.port = port;
    this.#program = program;
  }

  async tell(command: ReopeningCommand): Promise<Reopening> {
    const reply = once(this.#program.process, "message");
    this.#program.process.send(command);
    const [reopening]: Reopening[] = await reply;
    if (reopening === undefined) throw new Error("the upstream did not reply");
    return reopening;
  }
}
