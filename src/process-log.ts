// What the gateway says of itself: a JSON line each, on standard output.

import pino, { type Logger } from "pino";

/** Enough for thousands of lines; what comes on top while nothing can be written is dropped. */
const MOST_UNWRITTEN_BYTES = 1024 * 1024;

export function openProcessLog(): Logger {
  const destination = pino.destination({ dest: 1, sync: true, maxLength: MOST_UNWRITTEN_BYTES });
  // A full disk under a log that was redirected there must not stop the traffic, and there is nobody to tell.
  destination.on("error", () => {});
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
