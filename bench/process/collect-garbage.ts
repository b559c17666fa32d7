import type { Inspector } from "./inspector.ts";

/** Makes a running Node process collect its garbage, so that memory is compared and not the mood of the collector. */
export async function collectGarbage(inspector: Inspector): Promise<void> {
  // The second run frees what finalizers of the first let go.
  for (let run = 1; run <= 2; run++) await inspector.call("HeapProfiler.collectGarbage");
}
