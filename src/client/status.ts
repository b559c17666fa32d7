// The shapes of a gateway's status, for whoever calls one.

export type { GatewayStatus, HealthStatus, Mode, ServiceStatus, StatusAnswer } from "../admin/api-types.ts";
