// A notice as a header line, for apps and clients that show it in their own way:
//
//   Holdgate-Notice: at=@1767225600, until=@1767227400, message=%"F%c3%bcr den Umzug"
//
// A dictionary of RFC 9651: dates (§3.3.7) and a display string (§3.3.8), so that no text can break out of its line.

import type { Notice } from "./snapshot.ts";

// The line stands in every answer, and proxies have small buffers for all headers together (nginx: 4 KiB). Whoever
// wants the whole text asks /.holdgate/status.
const LONGEST_MESSAGE_BYTES = 600;

/** With its line end; empty without a notice. */
export function noticeLine(notice: Notice | null): string {
  if (!notice) return "";
  const { at, until, message } = notice;
  const members = [
    ...(at === null ? [] : [`at=${date(at)}`]),
    ...(until === null ? [] : [`until=${date(until)}`]),
    ...(message === null ? [] : [`message=${displayString(message)}`]),
  ];
  return `Holdgate-Notice: ${members.join(", ")}\r\n`;
}

function date(time: number): string {
  return `@${Math.floor(time / 1000)}`;
}

/** RFC 9651 §4.1.11. */
function displayString(text: string): string {
  let encoded = "";
  for (const character of text.toWellFormed()) {
    const next = [...Buffer.from(character)].map(encodeByte).join("");
    if (encoded.length + next.length > LONGEST_MESSAGE_BYTES) return `%"${encoded}%e2%80%a6"`;
    encoded += next;
  }
  return `%"${encoded}"`;
}

function encodeByte(byte: number): string {
  const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x25 && byte !== 0x22;
  return isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0")}`;
}
