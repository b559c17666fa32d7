// What containers are called while another has their name: the new one before it serves, the old one after.

const NEW = ".holdgate-new-";
const OLD = ".holdgate-old-";

/** Of the container that will have the name once the old one has stopped. */
export function nameOfNew(name: string, run: string): string {
  return `${name}${NEW}${run}`;
}

/** Of the container that had the name before. */
export function nameOfOld(name: string, run: string): string {
  return `${name}${OLD}${run}`;
}

/** Whether it is one that waits for its turn, or one that is kept for the way back: no part of the app that serves. */
export function isSetAside(name: string): boolean {
  return name.includes(NEW) || name.includes(OLD);
}

/** The name by which others know it: `web` of `/web.holdgate-old-1a2b`. */
export function servingName(name: string): string {
  const plain = name.replace(/^\//, "");
  const at = [NEW, OLD].map((mark) => plain.indexOf(mark)).filter((found) => found > 0);
  return at.length === 0 ? plain : plain.slice(0, Math.min(...at));
}

/** The run that set it aside; undefined: it is not an old container of this name. */
export function runThatSetAside(container: string, name: string): string | undefined {
  const prefix = `${name}${OLD}`;
  return container.startsWith(prefix) ? container.slice(prefix.length) : undefined;
}
