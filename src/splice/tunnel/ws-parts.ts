// The parts of `ws` that know the wire format (RFC 6455, RFC 7692). Its WebSocket class does the handshake and the
// closing by itself; a tunnel must do both in its own way, on sockets that the engine has opened.

import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { extension, PerMessageDeflate, Receiver, Sender } from "ws";

declare module "ws" {
  export type ExtensionParams = Record<string, string | number | true>;

  /** Is written what comes. Emits `message`, `ping`, `pong`, `conclude` (a Close), `error`, `finish`. */
  export class Receiver extends Writable {
    constructor(options: {
      isServer: boolean;
      maxPayload: number;
      maxFragments: number;
      extensions: Record<string, PerMessageDeflate>;
    });
  }

  export class Sender {
    onerror: (error: Error) => void;
    constructor(socket: Socket, extensions: Record<string, PerMessageDeflate>);
    send(
      data: Buffer,
      options: { binary: boolean; compress: boolean; fin: boolean; mask: boolean },
      done: (error?: Error | null) => void,
    ): void;
    ping(data: Buffer, mask: boolean, done: (error?: Error | null) => void): void;
    pong(data: Buffer, mask: boolean, done: (error?: Error | null) => void): void;
    close(code: number | undefined, reason: string | Buffer, mask: boolean): void;
  }

  export class PerMessageDeflate {
    static readonly extensionName: "permessage-deflate";
    constructor(options: { isServer: boolean; maxPayload: number });
    offer(): ExtensionParams;
    /** Throws when none can be accepted. */
    accept(configurations: Record<string, unknown>[]): ExtensionParams;
    cleanup(): void;
  }

  export const extension: {
    /** Throws on what is malformed. */
    parse(header: string): Record<string, Record<string, unknown>[]>;
    format(extensions: Record<string, ExtensionParams>): string;
  };
}

export { extension, PerMessageDeflate, Receiver, Sender };
