// The stream of a pull: sums its layers up, and ends only in success or in an error.

import type { EngineCall } from "./engine-call.ts";
import type { PullProgress } from "./engine.ts";
import { type EngineEvent, readEvents } from "./read-events.ts";

interface Layer {
  currentBytes: number;
  totalBytes: number;
  done: boolean;
}

/** The digest that the registry named, when it did. */
export async function readPullStream(
  call: EngineCall,
  source: AsyncIterable<Buffer>,
  onProgress: (progress: PullProgress) => void = () => {},
): Promise<{ digest: string | null }> {
  const layers = new Map<string, Layer>();
  let digest: string | null = null;
  await readEvents(call, source, (event) => {
    digest = /^Digest: (\S+)$/.exec(event.status ?? "")?.[1] ?? digest;
    if (noteLayer(layers, event)) onProgress(sum(layers));
  });
  return { digest };
}

/** Whether the event told something about a layer. */
function noteLayer(layers: Map<string, Layer>, { id, status, progressDetail }: EngineEvent): boolean {
  if (id === undefined || status === undefined) return false;
  const before = layers.get(id) ?? { currentBytes: 0, totalBytes: 0, done: false };
  const after = nextLayer(before, status, progressDetail ?? {});
  if (after === undefined) return false;
  layers.set(id, after);
  return true;
}

function nextLayer(
  layer: Layer,
  status: string,
  { current, total }: { current?: number | undefined; total?: number | undefined },
): Layer | undefined {
  switch (status) {
    case "Pulling fs layer":
    case "Waiting":
      return layer;
    case "Downloading":
      return { ...layer, currentBytes: current ?? layer.currentBytes, totalBytes: total ?? layer.totalBytes };
    case "Verifying Checksum":
    case "Download complete":
    case "Extracting":
      return { ...layer, currentBytes: layer.totalBytes };
    case "Pull complete":
    case "Already exists":
      return { ...layer, currentBytes: layer.totalBytes, done: true };
    default:
      return status.startsWith("Retrying") ? { ...layer, currentBytes: 0 } : undefined;
  }
}

function sum(layers: ReadonlyMap<string, Layer>): PullProgress {
  const progress = { currentBytes: 0, totalBytes: 0, layersDone: 0, layers: layers.size };
  for (const layer of layers.values()) {
    progress.currentBytes += layer.currentBytes;
    progress.totalBytes += layer.totalBytes;
    progress.layersDone += layer.done ? 1 : 0;
  }
  return progress;
}
