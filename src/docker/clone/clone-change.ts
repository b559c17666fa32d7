// What is to be other in a clone than in the container it is made from.

export interface CloneChange {
  /**
   * - `in-place`: takes the place of the other, which is stopped before: its addresses, ports, aliases.
   * - `beside`: runs while the other runs: none of them.
   * - `one-off`: runs once and ends: none of them, no health check, not started again.
   */
  mode: "in-place" | "beside" | "one-off";
  env: Record<string, string>;
  labels: Record<string, string>;
  command: string[] | null;
  entrypoint: string[] | null;
  user: string | null;
  workdir: string | null;
  /** More mounts, as `docker run -v` takes them. */
  volumes: string[];
  /** Takes all that the container has for its own, also what its image has. */
  assumeAllExplicit: boolean;
}

/** Another image, and nothing else. */
export function noChange(mode: CloneChange["mode"]): CloneChange {
  const nothing = { command: null, entrypoint: null, user: null, workdir: null };
  return { mode, env: {}, labels: {}, volumes: [], assumeAllExplicit: false, ...nothing };
}
