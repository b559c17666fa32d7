// A Socket.IO client without cookies that says one number after another, the next when the last was acknowledged; what
// is not acknowledged it says again, as the library does when it is asked to.

import { io, type ManagerOptions, type SocketOptions } from "socket.io-client";
import { onTestFinished } from "vitest";

export interface SocketIoTalker {
  name: string;
  /** Acknowledged, and by whom. */
  acknowledged: Map<number, string>;
  /** Why the library's connection ended or did not come about, each time. */
  troubles: string[];
  readonly connected: boolean;
  /** The transport that is in use. */
  readonly transport: string;
  /** How many messages were said. */
  readonly said: number;
  /** `pauseMs`: between an acknowledgement and the next message. */
  start(pauseMs: number): void;
  stop(): void;
  close(): void;
}

/** Closed when the test is over. */
export function startTalker(
  url: string,
  name: string,
  options: Partial<ManagerOptions & SocketOptions>,
): SocketIoTalker {
  const socket = io(url, {
    auth: { client: name },
    forceNew: true,
    retries: 50,
    ackTimeout: 3000,
    reconnectionDelay: 100,
    reconnectionDelayMax: 300,
    ...options,
  });
  const troubles: string[] = [];
  const acknowledged = new Map<number, string>();
  let said = 0;
  let timer: NodeJS.Timeout | undefined;
  socket.on("disconnect", (reason, details) => {
    const detail = details && "context" in details ? JSON.stringify(details) : "";
    troubles.push(`${reason} ${detail}`);
  });
  socket.on("connect_error", (error) => troubles.push(`connect_error ${error.message}`));
  let isStopped = false;
  const say = (pauseMs: number): void => {
    if (isStopped) return;
    const number = ++said;
    socket.emit("say", number, (error: Error | null, by: string) => {
      if (!error) acknowledged.set(number, by);
      timer = setTimeout(() => say(pauseMs), pauseMs);
    });
  };
  const stop = (): void => {
    isStopped = true;
    clearTimeout(timer);
  };
  const close = (): void => {
    stop();
    socket.disconnect();
  };
  onTestFinished(close);
  return {
    name,
    acknowledged,
    troubles,
    get connected() {
      return socket.connected;
    },
    get transport() {
      return socket.io.engine?.transport.name ?? "";
    },
    get said() {
      return said;
    },
    start: say,
    stop,
    close,
  };
}
