import type { MaintenanceWindow } from "../control/maintenance-window.ts";
import type { WindowStatus } from "./api-types.ts";

/** What callers see of a planned maintenance. */
export function windowStatusOf(window: MaintenanceWindow | null | undefined): WindowStatus | null {
  if (!window) return null;
  const { startsAt, endsAt, message, phase } = window;
  return { startsAt, endsAt, message, phase };
}
