import type { ServiceSettings, Settings } from "../config/settings.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import { type Refusal, refuse } from "./decision.ts";

/**
 * The service that a call means: the one it names, or, when it names none, the only one there is.
 * Throws `service_required` or `unknown_service`.
 */
export function resolveService(settings: Settings, name?: string): ServiceSettings {
  const found = findService(settings, name);
  if ("ok" in found) throw new GatewayError(found.code, found.message);
  return found;
}

/** The same as a value, for commands. */
export function findService(settings: Settings, name?: string): ServiceSettings | Refusal {
  const names = settings.services.map((service) => service.name).join(", ");
  if (name !== undefined) {
    const named = settings.services.find((service) => service.name === name);
    return named ?? refuse("unknown_service", `there is no service ${name}; configured: ${names}`);
  }
  const [only, ...others] = settings.services;
  if (only && others.length === 0) return only;
  return refuse("service_required", `several services are configured, so name one of them: ${names}`);
}
