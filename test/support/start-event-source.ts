import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { Barrier } from "./barrier.ts";

const CHILD = fileURLToPath(new URL("event-source-child.ts", import.meta.url));

type Line =
  | { type: "open" }
  | { type: "message"; data: string; lastEventId: string }
  | { type: "error"; closed: boolean };

/** What an EventSource has heard so far. */
export class EventSourceProcess {
  readonly messages: { data: string; lastEventId: string }[] = [];
  /** It has been told something that browsers never come back from. */
  gaveUp = false;
  #opens = 0;
  readonly #barrier = new Barrier();

  take(line: Line): void {
    if (line.type === "open") this.#opens++;
    else if (line.type === "message") this.messages.push(line);
    else this.gaveUp ||= line.closed;
    this.#barrier.changed();
  }

  /** Waits until it has been connected so many times. */
  opened(times: number): Promise<void> {
    return this.#barrier.until(`connection ${times} of the EventSource`, () => this.#opens >= times);
  }
}

/** Ended when the test is over. */
export async function startEventSource(url: string): Promise<EventSourceProcess> {
  const args = ["--experimental-eventsource", "--no-warnings", CHILD, url];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(async () => {
    const exited = once(child, "exit");
    if (child.kill("SIGKILL")) await exited;
  });
  const source = new EventSourceProcess();
  createInterface({ input: child.stdout }).on("line", (line) => source.take(JSON.parse(line)));
  await once(child, "spawn");
  return source;
}
