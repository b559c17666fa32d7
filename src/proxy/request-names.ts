// By which a request is found again in the logs of all that it passes.

// It is shown in logs and sent back to the client, so it must look like an id.
const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/;
// Ids of zeros are none. Versions after 00 may say more behind it.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;
const TRACEPARENT_00_LENGTH = 55;

/** Whether an X-Request-Id can be believed. */
export function isRequestId(value: string): boolean {
  return REQUEST_ID.test(value);
}

/** W3C Trace Context §3.2: whoever gets a malformed one begins a trace of its own. */
export function isTraceparent(value: string): boolean {
  return TRACEPARENT.test(value) && (!value.startsWith("00") || value.length === TRACEPARENT_00_LENGTH);
}
