// What containers are called while another has their name: the new one before it serves, the old one after.

// Of one-offs too: `web.holdgate-migrate-1a2b`.
const MARK = ".holdgate-";
const NEW = `${MARK}new-`;
const OLD = `${MARK}old-`;

/** Of the container that will have the name once the old one has stopped. */
export function nameOfNew(name: string, run: string): string {
  return `${name}${NEW}${run}`;
}

/** Of the container that had the name before. */
export function nameOfOld(name: string, run: string): string {
  return `${name}${OLD}${run}`;
}

/** Whether it waits for its turn, is kept for the way back, or runs once: no part of the app that serves. */
export function isSetAside(name: string): boolean {
  return name.includes(MARK);
}

/** The name by which others know it: `web` of `/web.holdgate-old-1a2b`. */
export function servingName(name: string): string {
  const plain = name.replace(/^\//, "");
  const at = plain.indexOf(MARK);
  return at > 0 ? plain.slice(0, at) : plain;
}

/** The run that set it aside; undefined: it is not an old container of this name. */
export function runThatSetAside(container: string, name: string): string | undefined {
  const prefix = `${name}${OLD}`;
  return container.startsWith(prefix) ? container.slice(prefix.length) : undefined;
}
