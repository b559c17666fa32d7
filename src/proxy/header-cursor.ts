// Walks header lines strictly, without an object per header: one pass over the characters, positions
// left in fields. Requests and answers share it (RFC 9110 §5, RFC 9112 §5).

import { isTokenByte } from "./token-bytes.ts";

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const DELETE = 127;

export class HeaderCursor {
  /** Positions in the text of the line that `next` stopped at. */
  lineStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** Just behind the line's CRLF. */
  lineEnd = 0;
  /** Why the walk stopped early, or null. */
  error: string | null = null;

  #text = "";

  /** Starts at `from`, the first character of the first header line (or of the empty line). */
  begin(text: string, from: number): void {
    this.#text = text;
    this.lineEnd = from;
    this.error = null;
  }

  /** Goes to the next line. False at the empty line that ends the block, or on an error. */
  next(): boolean {
    const text = this.#text;
    const start = this.lineEnd;
    this.lineStart = start;
    if (text.charCodeAt(start) === CR && text.charCodeAt(start + 1) === LF) return false;
    let at = start;
    while (isTokenByte(text.charCodeAt(at))) at++;
    if (at === start || text.charCodeAt(at) !== COLON) return this.#fail(text, start, at);
    this.nameEnd = at;
    return this.#value(text, at + 1);
  }

  /** The name in lower case. */
  name(): string {
    return this.#text.slice(this.lineStart, this.nameEnd).toLowerCase();
  }

  /** The value without the white space around it. */
  value(): string {
    return this.#text.slice(this.valueStart, this.valueEnd);
  }

  #value(text: string, from: number): boolean {
    let at = from;
    let code = text.charCodeAt(at);
    while (code === SPACE || code === TAB) code = text.charCodeAt(++at);
    this.valueStart = at;
    let end = at;
    while (code !== CR) {
      // NaN, behind the end of the text, fails this comparison as well.
      if (!(code >= SPACE || code === TAB) || code === DELETE) {
        this.error = "a control character or a bare line feed stands in a header value";
        return false;
      }
      at++;
      if (code !== SPACE && code !== TAB) end = at;
      code = text.charCodeAt(at);
    }
    if (text.charCodeAt(at + 1) !== LF) {
      this.error = "a bare carriage return stands in the head";
      return false;
    }
    this.valueEnd = end;
    this.lineEnd = at + 2;
    return true;
  }

  #fail(text: string, start: number, at: number): false {
    const code = text.charCodeAt(at);
    if (at === start && (code === SPACE || code === TAB)) this.error = "a header line is folded";
    else if (code === SPACE || code === TAB) this.error = "white space stands before a header's colon";
    else this.error = "a header name is malformed";
    return false;
  }
}
