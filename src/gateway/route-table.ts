// Finds the service of a request by host and path. Made anew with each snapshot and asked with each
// request: find() allocates nothing.

export interface RouteEntry<S> {
  service: S;
  /** Empty: any host; `*.example.com`: every name below example.com. */
  hosts: string[];
  /** Prefixes that end at a segment: `/api` covers `/api` and `/api/x`, not `/apix`. */
  paths: string[];
  /** Hosts that stand for the candidate of the service. */
  testHosts: string[];
}

export interface RouteMatch<S> {
  readonly service: S;
  /** The host is a test host. */
  readonly test: boolean;
}

interface Route<S> {
  /** Without a slash at its end: empty for `/`. */
  prefix: string;
  match: RouteMatch<S>;
}

interface WildcardHost<S> {
  /** `.example.com` */
  suffix: string;
  routes: Route<S>[];
}

const SLASH = 0x2f;
const QUESTION_MARK = 0x3f;

export class RouteTable<S> {
  readonly #exactHosts = new Map<string, Route<S>[]>();
  /** The longest suffix first. */
  readonly #wildcardHosts: WildcardHost<S>[] = [];
  readonly #anyHost: Route<S>[] = [];

  /** Where two entries claim the same host and path, the first has it. */
  constructor(entries: RouteEntry<S>[]) {
    for (const { service, hosts, paths, testHosts } of entries) {
      const match = { service, test: false };
      if (hosts.length === 0) addRoutes(this.#anyHost, paths, match);
      for (const host of hosts) addRoutes(this.#routesOf(host), paths, match);
      for (const host of testHosts) addRoutes(this.#routesOf(host), paths, { service, test: true });
    }
    this.#wildcardHosts.sort((one, other) => other.suffix.length - one.suffix.length);
  }

  /**
   * The most specific host wins, then the longest path; when no path of a host fits, less specific hosts
   * are tried. `host` is in lower case and without a port; a query behind `path` does no harm.
   */
  find(host: string, path: string): RouteMatch<S> | undefined {
    const exact = this.#exactHosts.get(host);
    const match = exact && firstMatch(exact, path);
    if (match) return match;
    for (const { suffix, routes } of this.#wildcardHosts) {
      if (host.length <= suffix.length || !host.endsWith(suffix)) continue;
      const match = firstMatch(routes, path);
      if (match) return match;
    }
    return firstMatch(this.#anyHost, path);
  }

  #routesOf(host: string): Route<S>[] {
    const name = host.toLowerCase();
    if (name.startsWith("*.")) return this.#wildcardRoutes(name.slice(1));
    const routes = this.#exactHosts.get(name) ?? [];
    this.#exactHosts.set(name, routes);
    return routes;
  }

  #wildcardRoutes(suffix: string): Route<S>[] {
    const known = this.#wildcardHosts.find((wildcard) => wildcard.suffix === suffix);
    if (known) return known.routes;
    const routes: Route<S>[] = [];
    this.#wildcardHosts.push({ suffix, routes });
    return routes;
  }
}

/** Keeps the longest prefix first, and equal ones in the order of their adding. */
function addRoutes<S>(routes: Route<S>[], paths: string[], match: RouteMatch<S>): void {
  for (const path of paths) routes.push({ prefix: path.replace(/\/+$/, ""), match });
  routes.sort((one, other) => other.prefix.length - one.prefix.length);
}

function firstMatch<S>(routes: Route<S>[], path: string): RouteMatch<S> | undefined {
  for (const { prefix, match } of routes) {
    if (prefix === "" || (path.startsWith(prefix) && endsSegment(path, prefix.length))) return match;
  }
  return undefined;
}

function endsSegment(path: string, at: number): boolean {
  if (path.length === at) return true;
  const next = path.charCodeAt(at);
  return next === SLASH || next === QUESTION_MARK;
}
