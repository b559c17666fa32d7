// Numbers of the wire, digits only: Number() would also take signs, spaces, hex and exponents.

const MOST_DIGITS = 15;

/** A non-negative decimal integer, or -1 when the text is anything else. */
export function parseDigits(text: string): number {
  if (text.length === 0 || text.length > MOST_DIGITS) return -1;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
