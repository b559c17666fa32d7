// The grammar of chunk extensions, RFC 9112 §7.1.1, as a pure step function, without the optional
// white space: it is deprecated, and places where parsers differ are where smuggling begins.
//
//   ";" ─▶ name ──"="──▶ value (token or "quoted") ──▶ ";" again, or CR
//            └──────────────────────────────────────▶ ";" again, or CR

import { isFieldByte, isTokenByte } from "./token-bytes.ts";

/** Behind a ";". */
export const EXTENSION_START = 0;
/** The CR that ends the size line has passed. */
export const EXTENSION_END = 7;
export const EXTENSION_REFUSED = 8;

const NAME = 1;
const VALUE_START = 2;
const VALUE = 3;
const QUOTED = 4;
const ESCAPED = 5;
const QUOTED_END = 6;

const CR = 0x0d;
const QUOTE = 0x22;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** The state behind `byte`, starting from EXTENSION_START. */
export function extensionStep(state: number, byte: number): number {
  switch (state) {
    case EXTENSION_START:
      return isTokenByte(byte) ? NAME : EXTENSION_REFUSED;
    case NAME:
      if (isTokenByte(byte)) return NAME;
      return byte === EQUALS ? VALUE_START : behindExtension(byte);
    case VALUE_START:
      if (byte === QUOTE) return QUOTED;
      return isTokenByte(byte) ? VALUE : EXTENSION_REFUSED;
    case VALUE:
      return isTokenByte(byte) ? VALUE : behindExtension(byte);
    case QUOTED:
      if (byte === QUOTE) return QUOTED_END;
      if (byte === BACKSLASH) return ESCAPED;
      return isFieldByte(byte) ? QUOTED : EXTENSION_REFUSED;
    case ESCAPED:
      return isFieldByte(byte) ? QUOTED : EXTENSION_REFUSED;
    case QUOTED_END:
      return behindExtension(byte);
    default:
      return EXTENSION_REFUSED;
  }
}

function behindExtension(byte: number): number {
  if (byte === SEMICOLON) return EXTENSION_START;
  return byte === CR ? EXTENSION_END : EXTENSION_REFUSED;
}
