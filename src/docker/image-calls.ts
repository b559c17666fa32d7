// Images, on the engine and in registries.

import type { Readable } from "node:stream";
import { z } from "zod";
import { imageSchema } from "./container-schemas.ts";
import { authHeaders, authSecrets } from "./encode-auth.ts";
import { type EngineCall, imagePath } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import { EngineError } from "./engine-error.ts";
import type { ImageCalls, PullOptions } from "./engine.ts";
import { type ImageRef, parseImageRef } from "./image-ref.ts";
import { readEvents } from "./read-events.ts";
import { readPullStream } from "./read-pull-stream.ts";

const distributionSchema = z
  .looseObject({
    Descriptor: z.looseObject({ digest: z.string() }),
    Platforms: z.array(z.looseObject({ os: z.string(), architecture: z.string() })).nullish(),
  })
  .transform(({ Descriptor, Platforms }) => ({
    digest: Descriptor.digest,
    platforms: (Platforms ?? []).map(({ os, architecture }) => `${os}/${architecture}`),
  }));

export function imageCalls(connection: EngineConnection): ImageCalls {
  const inspect: ImageCalls["inspect"] = (ref, signal) => {
    const path = `/images/${imagePath(ref)}/json`;
    return connection.find({ what: `inspect image ${ref}`, method: "GET", path, signal }, imageSchema);
  };
  return {
    inspect,
    async pull(ref, options, signal) {
      const call = pullCall(ref, options, signal);
      const response = await connection.stream(call);
      const { digest } = await readPullStream(call, response, options.onProgress);
      await assertPulled(call, ref, digest, inspect);
    },
    load: (tar, signal) => load(connection, tar, signal),
    tag(idOrRef, ref, signal) {
      const what = `tag image ${idOrRef} as ${ref}`;
      const { name, tag } = parsed(what, ref);
      const query = { repo: name, ...(tag !== null && { tag }) };
      return connection.run({
        what,
        method: "POST",
        path: `/images/${imagePath(idOrRef)}/tag`,
        query,
        signal,
      });
    },
    async untag(ref, signal) {
      try {
        await connection.run({
          what: `untag image ${ref}`,
          method: "DELETE",
          path: `/images/${imagePath(ref)}`,
          signal,
        });
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== "absent") throw error;
      }
    },
    distribution(ref, auth, signal) {
      const what = `ask the registry for image ${ref}`;
      const call = { what, method: "GET", path: `/distribution/${imagePath(ref)}/json`, signal } as const;
      return connection.ask({ ...call, ...asksRegistry(auth) }, distributionSchema);
    },
  };
}

function pullCall(ref: string, { auth, platform }: PullOptions, signal?: AbortSignal): EngineCall {
  const what = `pull image ${ref}`;
  const { name, tag, digest } = parsed(what, ref);
  // Always with a tag: the engine would pull all there are.
  const query = {
    fromImage: name,
    tag: digest ?? tag ?? "latest",
    ...(platform !== undefined && platform !== null && { platform }),
  };
  return { what, method: "POST", path: "/images/create", query, signal, ...asksRegistry(auth) };
}

function asksRegistry(auth: PullOptions["auth"]): Pick<EngineCall, "headers" | "secrets" | "asksRegistry"> {
  return { headers: authHeaders(auth), secrets: authSecrets(auth), asksRegistry: true };
}

/** A stream that ended well is not yet an image. */
async function assertPulled(
  call: EngineCall,
  ref: string,
  digest: string | null,
  inspect: ImageCalls["inspect"],
): Promise<void> {
  const image = await inspect(ref, call.signal);
  if (image === undefined) {
    throw new EngineError(
      "failed",
      null,
      `${call.what}: the pull ended without an error, but the image is not there`,
    );
  }
  const digests = image.RepoDigests.map((known) => known.slice(known.indexOf("@") + 1));
  if (digest === null || digests.includes(digest)) return;
  const message = `${call.what}: the registry named ${digest}, but the engine has ${digests.join(", ") || "no digest"}`;
  throw new EngineError("failed", null, message);
}

async function load(connection: EngineConnection, tar: Readable, signal?: AbortSignal): Promise<string[]> {
  const call: EngineCall = {
    what: "load images from a file",
    method: "POST",
    path: "/images/load",
    query: { quiet: true },
    upload: tar,
    signal,
  };
  const loaded: string[] = [];
  await readEvents(call, await connection.stream(call), ({ stream = "" }) => {
    const name = /^Loaded image(?: ID)?: (\S+)/.exec(stream)?.[1];
    if (name !== undefined) loaded.push(name);
  });
  return loaded;
}

function parsed(what: string, ref: string): ImageRef {
  const result = parseImageRef(ref);
  if (result !== undefined) return result;
  throw new EngineError("invalid", null, `${what}: that is no name of an image`);
}
