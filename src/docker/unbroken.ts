import type { EngineCall } from "./engine-call.ts";
import { toUnreachable } from "./to-engine-error.ts";

/** The same items; a source that breaks off does so as an EngineError that says during which call. */
export async function* unbroken<Item>(call: EngineCall, source: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* source;
  } catch (cause) {
    call.signal?.throwIfAborted();
    throw toUnreachable(call, cause);
  }
  // An answer that ends with its connection looks whole when it is we who cut it.
  call.signal?.throwIfAborted();
}
