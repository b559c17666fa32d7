// Meters that send readings to the edge by UDP, one after another, whatever happens behind it.

import { createSocket } from "node:dgram";
import { setTimeout as pause } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";

export interface Meters {
  /** Ids of readings. */
  readonly sent: string[];
  /** Those that the edge has said it has. */
  readonly taken: string[];
  stop(): Promise<void>;
}

/** Until the test is over, or stopped. @param port of the edge on 127.0.0.1 */
export function startMeters(port: number, pauseMs = 50): Meters {
  const sent: string[] = [];
  const taken: string[] = [];
  const stopping = new AbortController();
  const socket = createSocket("udp4");
  socket.on("message", (datagram) => taken.push(datagram.toString()));
  const read = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const id = randomUUID();
      sent.push(id);
      socket.send(id, port, "127.0.0.1");
      await pause(pauseMs);
    }
  };
  const reading = read();
  const stop = (): Promise<void> => {
    stopping.abort();
    return reading;
  };
  onTestFinished(async () => {
    await stop();
    socket.close();
  });
  return { sent, taken, stop };
}
