import type { Settings } from "../config/settings.ts";
import type { GatewaySnapshot } from "../gateway/snapshot.ts";
import { noticeOf } from "./maintenance-window.ts";
import { initialServiceState, knownUpstreams } from "./state.ts";
import type { State } from "./state.ts";

/** State and settings, put together to what the gateway has to do. */
export function snapshotOf(state: State, settings: Settings): GatewaySnapshot {
  return {
    version: state.version,
    services: settings.services.map((service) => {
      const own = state.services[service.name] ?? initialServiceState(service);
      return {
        name: service.name,
        settings: service,
        mode: own.mode,
        upstreams: knownUpstreams(own, service),
        slots: own.slots,
        notice: noticeOf(own),
        canary: own.canary,
      };
    }),
  };
}
