// Images that are not the app: what an app keeps its data in, and what stands in front of it.

import type { DatabaseKind } from "./app.ts";

const DATABASES: Record<string, DatabaseKind> = {
  postgres: "postgres",
  postgis: "postgres",
  pgvector: "postgres",
  timescaledb: "postgres",
  mysql: "mysql",
  mariadb: "mariadb",
  mongo: "mongo",
  mongodb: "mongo",
  redis: "redis",
  valkey: "redis",
};

const HELPERS = new Set(
  (
    "rabbitmq memcached kafka zookeeper nats minio elasticsearch opensearch meilisearch " +
    "caddy traefik haproxy kamal-proxy docker-socket-proxy watchtower portainer holdgate"
  ).split(" "),
);

export function databaseKind(repository: string): DatabaseKind | null {
  return DATABASES[lastPart(repository)] ?? null;
}

/** Whether an operator could mean it when they speak of their app. */
export function isApp(repository: string): boolean {
  return databaseKind(repository) === null && !HELPERS.has(lastPart(repository));
}

function lastPart(repository: string): string {
  return (repository.split("/").at(-1) ?? repository).toLowerCase();
}
