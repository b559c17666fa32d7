// Two services must not claim the same host and path: which of them answered would be chance.

import { type ConfigOutline, type ServiceOutline, outlinedServices } from "./outline.ts";
import type { KeyPath, Problem } from "./problem.ts";

interface Route {
  service: string;
  /** Null: any host. */
  host: string | null;
  path: string;
  /** The key to point at. */
  at: KeyPath;
}

export function routeConflicts(outline: ConfigOutline): Problem[] {
  const services = outlinedServices(outline);
  return [
    ...services.flatMap(([name, service]) => testHostsThatAreHosts(name, service)),
    ...doublyClaimed(services.flatMap(([name, service]) => routesOf(name, service))),
  ];
}

function testHostsThatAreHosts(name: string, { hosts, testHosts }: ServiceOutline): Problem[] {
  return (testHosts ?? []).flatMap((host, index) => {
    if (host === null || !hosts?.includes(host)) return [];
    const text = `found "${host}", which is one of the hosts too; expected a host of its own, that leads to the candidate`;
    return [{ path: ["services", name, "testHosts", index], text }];
  });
}

function routesOf(service: string, { hosts, testHosts, paths }: ServiceOutline): Route[] {
  const claims: Pick<Route, "host" | "at">[] = [
    ...(hosts?.length === 0 ? [{ host: null, at: ["services", service] }] : []),
    ...namedHosts(hosts, ["services", service, "hosts"]),
    ...namedHosts(testHosts, ["services", service, "testHosts"]),
  ];
  const understood = (paths ?? []).filter((path) => path !== null);
  return claims.flatMap((claim) => understood.map((path) => ({ service, path, ...claim })));
}

function namedHosts(hosts: ServiceOutline["hosts"], at: KeyPath): Pick<Route, "host" | "at">[] {
  return (hosts ?? []).flatMap((host, index) => (host === null ? [] : [{ host, at: [...at, index] }]));
}

function doublyClaimed(routes: readonly Route[]): Problem[] {
  const owners = new Map<string, Route>();
  const problems: Problem[] = [];
  for (const route of routes) {
    // A prefix ends at a slash anyway: /chat/ and /chat claim the same.
    const key = `${route.host ?? ""} ${route.path.replace(/\/+$/, "")}`;
    const owner = owners.get(key);
    if (!owner) owners.set(key, route);
    else if (owner.service !== route.service) problems.push(conflict(route, owner));
  }
  return problems;
}

function conflict({ at, host, path, service }: Route, owner: Route): Problem {
  const claimed = host === null ? `any host with path ${path}` : `host ${host} with path ${path}`;
  const text =
    `services ${owner.service} and ${service} both answer to ${claimed}; ` +
    "give one of them other hosts or paths";
  return { path: at, text };
}
