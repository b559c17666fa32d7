// Checks the trailers behind a chunked body, byte by byte up to the empty line that ends them.
// Trailers are rare, so a name is gathered as a string: it must be known to be refused.

import { isFieldByte, isTokenByte } from "./token-bytes.ts";

const MAX_TRAILER_BYTES = 8 * 1024;
const MAX_TRAILER_LINES = 64;

// RFC 9110 §6.5.1: a receiver may merge trailers into the header, so what frames, routes, authenticates
// or decodes a message must not come late, behind everybody's checks.
const FORBIDDEN_NAMES = new Set(
  [
    "content-length transfer-encoding trailer te host connection keep-alive proxy-connection upgrade expect",
    "authorization www-authenticate proxy-authorization proxy-authenticate cookie set-cookie",
    "content-type content-encoding content-range range max-forwards cache-control location",
    "forwarded via x-real-ip x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port",
  ].flatMap((names) => names.split(" ")),
);

const LINE_START = 0;
const NAME = 1;
const VALUE = 2;
const VALUE_LF = 3;
const END_LF = 4;

const HTAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

export class TrailerScanner {
  /** The empty line has passed. */
  done = false;
  /** Why the trailers are refused; sticky. */
  error: string | null = null;

  #state = LINE_START;
  #bytes = 0;
  #lines = 0;
  #name = "";

  step(byte: number): void {
    this.#bytes += 1;
    if (this.#bytes > MAX_TRAILER_BYTES) return this.#refuse("trailers over 8 KiB");
    switch (this.#state) {
      case LINE_START:
        return this.#lineStart(byte);
      case NAME:
        return this.#nameByte(byte);
      case VALUE:
        if (byte === CR) this.#state = VALUE_LF;
        else if (!isFieldByte(byte)) this.#refuse("control character or bare LF in a trailer");
        return;
      case VALUE_LF:
        this.#state = LINE_START;
        if (byte !== LF) this.#refuse("bare CR in a trailer");
        return;
      case END_LF:
        if (byte === LF) this.done = true;
        else this.#refuse("bare CR in a trailer");
    }
  }

  #lineStart(byte: number): void {
    if (byte === CR) {
      this.#state = END_LF;
      return;
    }
    if (byte === SPACE || byte === HTAB) return this.#refuse("folded trailer line");
    this.#lines += 1;
    if (this.#lines > MAX_TRAILER_LINES) return this.#refuse("more than 64 trailers");
    this.#name = "";
    this.#state = NAME;
    this.#nameByte(byte);
  }

  #nameByte(byte: number): void {
    if (isTokenByte(byte)) {
      this.#name += String.fromCharCode(byte);
      return;
    }
    if (byte !== COLON || this.#name === "") return this.#refuse("malformed trailer name");
    const name = this.#name.toLowerCase();
    if (FORBIDDEN_NAMES.has(name)) return this.#refuse(`forbidden trailer ${name}`);
    this.#state = VALUE;
  }

  #refuse(reason: string): void {
    this.error = reason;
  }
}
