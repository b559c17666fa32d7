import type { Writable } from "node:stream";

/** Resolves when the target has taken the bytes; rejects when it fails, is closed, or the signal aborts. Its `error` event is the caller's. */
export function writeFully(target: Writable, bytes: Buffer, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = (): void => reject(target.errored ?? new Error("the reader of the output is gone"));
  const onAbort = (): void => reject(signal?.reason);
  if (target.destroyed) onClose();
  target.once("close", onClose);
  signal?.addEventListener("abort", onAbort);
  target.write(bytes, (error) => {
    if (error) reject(error);
    else resolve();
  });
  return promise.finally(() => {
    target.off("close", onClose);
    signal?.removeEventListener("abort", onAbort);
  });
}
