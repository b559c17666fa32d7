// The characters of RFC 9110 §5.6.2 tokens and of field values, as tables: one load per byte.

const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN[character.charCodeAt(0)] = 1;
}

/** True for what may stand in a method, a header's name or a parameter. */
export function isTokenByte(byte: number): boolean {
  return TOKEN[byte] === 1;
}

/** True for what may stand in a header's value: tab, space, visible ASCII, and bytes over 127. */
export function isFieldByte(byte: number): boolean {
  return byte >= 0x20 ? byte !== 0x7f : byte === 0x09;
}
