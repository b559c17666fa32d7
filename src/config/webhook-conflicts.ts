import { z } from "zod";
import { type Problem, showValue } from "./problem.ts";

const outline = z.looseObject({
  services: z.record(z.string(), z.unknown()),
  webhooks: z.record(z.string(), z.looseObject({ services: z.array(z.string()).optional() })),
});

/** A webhook for a service that is not there would stay silent for ever. */
export function webhookConflicts(data: unknown): Problem[] {
  const parsed = outline.safeParse(data);
  if (!parsed.success) return [];
  const { services, webhooks } = parsed.data;
  return Object.entries(webhooks).flatMap(([name, hook]) =>
    (hook.services ?? []).flatMap((service, at) => {
      if (Object.hasOwn(services, service)) return [];
      const known = Object.keys(services).join(", ");
      const text = `found ${showValue(service)}, expected one of the services: ${known}`;
      return [{ path: ["webhooks", name, "services", at], text }];
    }),
  );
}
