import { fileURLToPath } from "node:url";
import { ChildProgram } from "../process/child-program.ts";
import { freePort } from "../process/free-port.ts";

/** Runs a program of this folder that listens on the port it is given; returns the port. */
export async function startNodeUpstream(file: string, resources: AsyncDisposableStack): Promise<number> {
  const port = await freePort();
  const program = nodeUpstream(file, [String(port)]);
  resources.defer(() => program.stop("SIGKILL"));
  await program.listening(port);
  return port;
}

/** The same, with the program in the caller's hands and a channel to it. */
export function nodeUpstream(file: string, args: string[]): ChildProgram {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return new ChildProgram({ command: process.execPath, args: [path, ...args], channel: true });
}
