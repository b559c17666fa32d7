// Names the addresses where the app listens, and takes names away. The gateway's driver puts one address under a
// name, so a name that stands for several is left alone.

import { z } from "zod";
import { findContainerUrl } from "../checks/find-origins.ts";
import type { Effects, Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { ResolvedAddress } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

/** `before` null: the gateway had no such upstream. */
const notedSchema = z.object({ before: z.string().nullable() });

export const putUpstream: Handler<"put-upstream"> = {
  async perform({ upstream, address }, context) {
    const url = await urlOf(address, context);
    const { before } = await noteOnce(context, notedSchema, async () => ({
      before: await presentUrl(upstream, context),
    }));
    await context.gateway.putUpstream(upstream, url, context.signal);
    return { before, url };
  },

  inverse({ upstream }, outcome, notes): Effects {
    const known = notedSchema.safeParse(outcome ?? notes);
    // Not known: one upstream more does no harm, one that is missing does.
    if (!known.success) return [];
    const { before } = known.data;
    if (before === null) {
      return [{ cause: `there was no upstream ${upstream} before`, kind: "remove-upstream", upstream }];
    }
    return [putBack(upstream, before)];
  },
};

export const removeUpstream: Handler<"remove-upstream"> = {
  async perform({ upstream }, context) {
    const { before } = await noteOnce(context, notedSchema, async () => ({
      before: await presentUrl(upstream, context),
    }));
    const { upstreams } = await context.gateway.status(context.signal);
    if (upstreams.some(({ name }) => name === upstream)) {
      await context.gateway.removeUpstream(upstream, context.signal);
    }
    return { before };
  },

  inverse({ upstream }, outcome, notes): Effects {
    const known = notedSchema.safeParse(outcome ?? notes);
    return known.success && known.data.before !== null ? [putBack(upstream, known.data.before)] : [];
  },
};

function putBack(upstream: string, url: string): Effects[number] {
  const cause = `upstream ${upstream} was ${url} before`;
  return { cause, kind: "put-upstream", upstream, address: { kind: "url", url } };
}

async function presentUrl(upstream: string, { gateway, signal }: PerformContext): Promise<string | null> {
  const { upstreams } = await gateway.status(signal);
  const urls = upstreams.find(({ name }) => name === upstream)?.urls ?? [];
  if (urls.length <= 1) return urls[0] ?? null;
  throw new StepFailure(
    `upstream ${upstream} has ${urls.length} addresses (${urls.join(", ")}), which could not be put back; use another name`,
  );
}

async function urlOf(address: ResolvedAddress, context: PerformContext): Promise<string> {
  if (address.kind === "url") return address.url;
  const url = await findContainerUrl(address.container, address, { world: context });
  if (url.ok) return url.value;
  throw new StepFailure(`no address for the gateway: ${url.reason}`);
}
