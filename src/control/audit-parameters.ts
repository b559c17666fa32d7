import type { CommandInput } from "./commands.ts";
import { redactUrl } from "./redact-url.ts";

/** What the audit keeps of a command: all of it but what may be secret, and of a config only its services. */
export function auditParameters(command: CommandInput): Record<string, unknown> {
  switch (command.type) {
    case "reconfigure":
      return { services: command.settings.services.map((service) => service.name) };
    case "put_upstream": {
      const { name, urls, health } = command;
      const redacted = { name, urls: urls.map(redactUrl) };
      if (!health) return redacted;
      return { ...redacted, health: health.path ? { ...health, path: redactUrl(health.path) } : health };
    }
    case "announce":
      return { ...command.announcement };
    case "maintenance_on":
    case "maintenance_off":
    case "hold":
    case "release":
    case "lease_ended":
    case "schedule_window":
    case "cancel_window":
    case "keep_schedule":
    case "withdraw_announcement":
    case "delete_upstream":
    case "set_candidate":
    case "clear_candidate":
    case "cutover":
    case "rollback":
    case "set_canary":
    case "clear_canary": {
      const { type: _type, service: _service, ...parameters } = command;
      return parameters;
    }
  }
}
