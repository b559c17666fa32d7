// The image with the digest that it has now. Without it each node asks the registry for itself, and a tag that moves
// in between gives a service two versions.

import { EngineError } from "../docker/engine-error.ts";
import type { Engine, RegistryAuth } from "../docker/engine.ts";
import { formatImageRef, parseImageRef } from "../docker/image-ref.ts";
import type { Clock } from "../lib/clock.ts";

// A registry that is there answers in a second; one that is not must not hold the update up.
const PATIENCE_MS = 15_000;

export interface PinnedImage {
  image: string;
  /** Why it has no digest; null when it has one. */
  unpinned: string | null;
}

export async function pinImage(
  engine: Engine,
  { image, auth }: { image: string; auth: RegistryAuth | null },
  { clock, signal }: { clock: Clock; signal?: AbortSignal },
): Promise<PinnedImage> {
  const ref = parseImageRef(image);
  if (ref === undefined)
    throw new EngineError("invalid", null, `update to ${image}: that is no name of an image`);
  if (ref.digest !== null) return { image, unpinned: null };
  const late = new AbortController();
  const timer = clock.after(PATIENCE_MS, () =>
    late.abort(new Error(`no answer within ${PATIENCE_MS / 1000}s`)),
  );
  try {
    const both = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
    const { digest } = await engine.images.distribution(image, auth, both);
    return { image: formatImageRef({ ...ref, digest }), unpinned: null };
  } catch (error) {
    signal?.throwIfAborted();
    // An image that was built or loaded here is in no registry, and is as good on this node.
    return { image: formatImageRef(ref), unpinned: error instanceof Error ? error.message : String(error) };
  } finally {
    timer.cancel();
  }
}
