// An app as `holdgate init` finds it on an engine: what the two files that it writes are made of.

export interface App {
  /** What the operator called it, or would: the name of the container, of the Compose service, of the Swarm service. */
  name: string;
  found: Found;
  /** `local`: no registry has given it, as far as the engine knows. */
  image: { repository: string; tag: string; local: boolean };
  /** Where it listens inside; null: it exposes nothing, or more than one port and none of them published. */
  port: number | null;
  published: Published[];
  networks: { name: string; address: string; fixed: boolean }[];
  /** From its HEALTHCHECK; null: none, or one that asks no URL. */
  healthPath: string | null;
  /** Has a health check of any kind. */
  hasHealthCheck: boolean;
  /** Files that stay: where volumes and directories are mounted. */
  dataPaths: string[];
  /** In the same project or network. */
  databases: Database[];
}

export type Found =
  | { kind: "container"; container: string }
  | { kind: "compose"; container: string; project: string; service: string; files: string[] }
  | { kind: "swarm"; service: string };

export interface Published {
  port: number;
  hostAddress: string;
  hostPort: number;
}

export type DatabaseKind = "postgres" | "mysql" | "mariadb" | "mongo" | "redis";

export interface Database {
  kind: DatabaseKind;
  container: string;
  user: string | null;
  database: string | null;
}
