// `unix:/run/app.sock`, and the URL-like `unix:///run/app.sock`, as the path of the socket.

import type { Parsed } from "./parsed.ts";

// sockaddr_un holds 108 bytes, the closing NUL included; the kernel's own error does not say so.
const LONGEST_PATH_BYTES = 107;
const UNIX = /^unix:(?:\/\/)?(\/[^/].*)$/;

export function parseUnixAddress(text: string): Parsed<string> {
  const path = UNIX.exec(text)?.[1];
  if (path === undefined || path.includes("\0")) {
    return { refusal: "expected unix: and an absolute path, such as unix:/run/app.sock" };
  }
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    return { refusal: `expected a socket path of at most ${LONGEST_PATH_BYTES} bytes` };
  }
  return { meaning: path };
}
