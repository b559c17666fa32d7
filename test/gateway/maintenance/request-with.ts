import type { MaintenanceRequest } from "../../../src/gateway/maintenance/maintenance-answer.ts";

/** A GET of `/room/7?tab=files` with these headers, changed as asked. */
export function requestWith(
  headers: Record<string, string>,
  changes: Partial<MaintenanceRequest> = {},
): MaintenanceRequest {
  return {
    method: "GET",
    header: (name) => headers[name],
    webSocket: false,
    path: "/room/7?tab=files",
    ...changes,
  };
}
