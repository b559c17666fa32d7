// Whether a container is what it was: `docker inspect` before and after, without what changes by itself with every
// start. An id is kept where it must be the same container, and named where it belongs to something that is made anew.

import { askEngine } from "../docker/call-engine.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Of one container, before and after, whichever it is. */
export interface InspectOptions {
  /** False: the place of a container that was made anew; its id is left out. */
  sameContainer?: boolean;
}

/** Changes with every start, and says nothing of how the container is set up. */
const TIMES_AND_PROCESSES = new Set(["StartedAt", "FinishedAt", "Pid", "Log", "LogPath"]);
/** Of the sandbox and the endpoint, made anew at each start; and of what has been executed. */
const ENDPOINT_IDS = new Set(["EndpointID", "SandboxID", "SandboxKey", "MacAddress", "ExecIDs"]);
const OWN_ID = new Set(["Id", "Created", "ResolvConfPath", "HostnamePath", "HostsPath"]);
/** Given out anew at each start, unless it was asked for. */
const GIVEN = new Set(["IPAddress", "GlobalIPv6Address"]);

/** To be compared with `toEqual`. @param container name or id */
export async function inspectForComparison(container: string, options: InspectOptions = {}): Promise<Json> {
  const found = await askEngine<Json>("GET", `/containers/${container}/json`);
  const left = new Set([...TIMES_AND_PROCESSES, ...ENDPOINT_IDS, ...GIVEN]);
  if (options.sameContainer === false) for (const key of OWN_ID) left.add(key);
  return without(found, left);
}

/** Static addresses stay, in IPAMConfig; a container that has exited before is not told by the code of that exit. */
function without(value: Json, left: ReadonlySet<string>): Json {
  if (Array.isArray(value)) return value.map((item) => without(item, left));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !left.has(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, inOrder(key, without(item, left))]));
}

/** The engine lists mounts in another order each time. */
function inOrder(key: string, value: Json): Json {
  if (key !== "Mounts" || !Array.isArray(value)) return value;
  return value
    .map((mount) => [JSON.stringify(mount), mount] as const)
    .toSorted(byText)
    .map(([, mount]) => mount);
}

function byText([one]: readonly [string, Json], [other]: readonly [string, Json]): number {
  return one < other ? -1 : 1;
}
