import type { ServiceStatus, UpstreamStatus } from "./gateway-port.ts";
import type { Service } from "./service.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import { slotOf } from "./slot-of.ts";
import { countTunnels } from "./count-tunnels.ts";

/** The one truth about a service, for people and programs. */
export function serviceStatus(service: Service): ServiceStatus {
  const { context, holding } = service;
  const engines = service.upstreams.engines();
  const parked = service.moves.parked.open;
  return {
    name: service.name,
    hosts: context.settings.hosts,
    paths: context.settings.paths,
    mode: context.mode,
    automaticHoldSince: holding.automaticSince,
    slots: service.upstreams.slots,
    canary: service.choice.canary.status(),
    upstreams: [...service.upstreams.all()].map((upstream) => upstreamStatus(service, upstream)),
    held: holding.size,
    inFlight: engines.reduce((sum, engine) => sum + engine.exchanges.size, 0),
    tunnels: engines.reduce((sum, engine) => sum + engine.tunnels.size, parked.size),
    tunnelsBy: countTunnels([parked, ...engines.map((engine) => engine.tunnels)], context.settings.webSocket),
    parked: parked.size,
    releaseLimit: holding.releaseLimit,
    counters: {
      ...context.counters,
      answers: [...context.counters.answers],
      givenUp: { ...context.counters.givenUp },
      gaps: [...context.counters.gaps],
      heldTimes: [...context.counters.heldTimes],
      answerTimes: [...context.counters.answerTimes],
    },
  };
}

function upstreamStatus(service: Service, upstream: ServiceUpstream): UpstreamStatus {
  const { name, urls, engine, monitor } = upstream;
  return {
    name,
    urls,
    addresses: upstream.addresses(),
    slot: slotOf(service.upstreams.slots, name),
    health: monitor.state,
    inFlight: engine.exchanges.size,
    tunnels: engine.tunnels.size,
    connects: engine.connects,
    drainingUntil: service.upstreams.drainingUntil(name),
  };
}
