// What a plan acts on. A name may stand for several containers (the workers of a queue); the order is that of
// their names.

export type Target = ContainerTarget | SwarmTarget | ProcessTarget;

export interface ContainerTarget {
  kind: "containers";
  select:
    | { by: "name"; name: string }
    | { by: "compose"; project: string; service: string }
    /** `key=value`, or a key alone. */
    | { by: "label"; label: string };
  /** Where it answers HTTP; null: the only port that it exposes. */
  port: number | null;
  /** Whose address is meant; null: the only network. */
  network: string | null;
  /** The `Host` that checks send; null: the address. */
  host: string | null;
}

export interface SwarmTarget {
  kind: "swarm";
  service: string;
  host: string | null;
}

/** A command that the runner starts and stops itself. */
export interface ProcessTarget {
  kind: "process";
  command: string[];
  cwd: string | null;
  env: Record<string, string>;
  /** Where it answers HTTP: `http://127.0.0.1:3000`. */
  url: string | null;
  /** From SIGTERM to SIGKILL. */
  graceMs: number;
  host: string | null;
}
