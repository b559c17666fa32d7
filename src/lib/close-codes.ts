// The codes of WebSocket Close frames that the gateway says and understands (RFC 6455 §7.4.1 and IANA's registry).

export const CloseCode = {
  goingAway: 1001,
  protocolError: 1002,
  /** Never on the wire: the Close had none. */
  noStatus: 1005,
  // Clients treat 1000, 1008, 1011 and 4xxx as final; at this one they come back.
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const;

/** An upstream says so that it stops, and not that it is done with this client. */
export function isGoingAway(code: number): boolean {
  return code === CloseCode.goingAway || code === CloseCode.serviceRestart;
}
