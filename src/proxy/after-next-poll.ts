// What the kernel already knows about a socket (its peer has closed it) is known here only when the event
// loop has asked for it; until then such a socket looks alive. One `setImmediate` is not enough: it comes
// before the next question.
//
//   poll N (we are here) ─▶ check N: the outer one ─▶ poll N+1: asks ─▶ check N+1: the inner one

/** Calls back when all that the kernel knows at this moment has been told. */
export function afterNextPoll(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}
