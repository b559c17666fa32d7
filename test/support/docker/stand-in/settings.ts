// The stand-in for a chat app, as the five systems of the scenarios need it: one program, run from an image made of
// nothing, that is what its environment says. It uses nothing but Node.
//
//  ROLE            web (default) | worker | beat: writes heartbeats | db: accepts connections, serves nothing
//                  | proxy: an edge like nginx, which passes /api and the like on to BACKEND
//                  | router: an edge in a Swarm, which passes each of its ROUTES on to the tasks of a service
//                  | redis: keeps messages in memory until it is told to save them
//  VERSION         what it is and says it is
//  REPORT_VERSION  what it says instead
//  PORT            8080
//  BOOT_MS         time from the start until it listens
//  CRASH           exit code: exits at once with it
//  CRASH_AFTER_MS  exits with 1 so long after it began to listen
//  STOP_MS         time that SIGTERM takes (a worker that ends its task), else at once
//  HEALTH          ok (default) | degraded | never | flap (every second probe is bad) | file:PATH (ok once it exists)
//  HEALTH_SHAPE    chatalot  /api/health    200 always, JSON with status, db_healthy, version, uptime_secs
//                  makechat  /api/ping      401 for every path without X-Auth-Token: TOKEN
//                  django    /_health/      400 for every path unless Host is in ALLOWED_HOSTS
//                  cometchat /health-check  200 or 503
//  HEALTH_PATH     another path than that
//  TOKEN           of the API and of WebSockets: `token`
//  SECRET_FILE     in place of TOKEN: a configuration whose secret_key signs it (secret-token.ts)
//  WS_PATH         /ws; AUTH_MS (10000) is how long an open WebSocket may stay without authenticating
//  DATA_DIR        /data; holds messages.jsonl, schema, migrations.jsonl, beats.jsonl
//  DUMP_FILE, DB_FILE, SCHEMA_FILE, MIGRATIONS_FILE, BEATS_FILE: other places than those
//  SCHEMA_VERSION  the schema that this version needs (1); with an older one on disk messages are answered with 500,
//                  with a newer one it exits with 3, as a program does that does not know the migration
//  SCHEMA_UP_TO    the newest schema that this version works with all the same (SCHEMA_VERSION)
//  MIGRATE         auto: migrates at the start, as Chatalot does
//  MIGRATE_MS, MIGRATE_EXIT, MIGRATE_HANG=1: how long a migration takes, the code it fails with (nothing is changed),
//                  or that it never ends
//  DB_HOST         host:port that must accept a connection for `db_healthy`
//  REDIS           host:port of one that gets every message too, and is asked for them; DB_HOST too when that is not set
//  REQUIRED_FILES  comma list: exits with 4 when one is missing (secrets, a config file in the writable layer)
//  BACKEND         of the proxy, host:port; looked up once at the start, which fails without it, as nginx does
//  ROUTES          of the router, comma list of /prefix/=service:port/ (the prefix goes) or /prefix=service:port
//  FAIL_AFTER      number of messages stored after which every further request for messages is answered with 500
//  BEAT_MS         200
//  STATIC_DIR      where collectstatic writes: /static

import { join } from "node:path";
import { tokenSignedBy } from "./secret-token.ts";

export interface Settings {
  role: string;
  version: string;
  reportedVersion: string;
  port: number;
  bootMs: number;
  crash: number | null;
  crashAfterMs: number | null;
  stopMs: number;
  health: string;
  healthShape: string;
  healthPath: string;
  allowedHosts: string[];
  token: string;
  wsPath: string;
  authMs: number;
  dbFile: string;
  dumpFile: string;
  schemaFile: string;
  migrationsFile: string;
  beatsFile: string;
  schemaVersion: number;
  schemaUpTo: number;
  migratesAtStart: boolean;
  migrateMs: number;
  migrateExit: number;
  migrateHangs: boolean;
  dbHost: string | null;
  redis: string | null;
  failAfter: number;
  requiredFiles: string[];
  backend: string;
  routes: string[];
  beatMs: number;
  staticDir: string;
}

const HEALTH_PATHS: Record<string, string> = {
  chatalot: "/api/health",
  makechat: "/api/ping",
  django: "/_health/",
  cometchat: "/health-check",
};

export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const dataDir = env.DATA_DIR ?? "/data";
  const version = env.VERSION ?? "0.0.0";
  const healthShape = env.HEALTH_SHAPE ?? "chatalot";
  return {
    role: env.ROLE ?? "web",
    version,
    reportedVersion: env.REPORT_VERSION ?? version,
    port: Number(env.PORT ?? 8080),
    ...readLife(env),
    health: env.HEALTH ?? "ok",
    healthShape,
    healthPath: env.HEALTH_PATH ?? HEALTH_PATHS[healthShape] ?? "/health",
    allowedHosts: listOf(env.ALLOWED_HOSTS),
    token: env.SECRET_FILE === undefined ? (env.TOKEN ?? "token") : tokenSignedBy(env.SECRET_FILE),
    wsPath: env.WS_PATH ?? "/ws",
    authMs: Number(env.AUTH_MS ?? 10_000),
    dbFile: env.DB_FILE ?? join(dataDir, "messages.jsonl"),
    dumpFile: env.DUMP_FILE ?? join(dataDir, "dump.rdb"),
    schemaFile: env.SCHEMA_FILE ?? join(dataDir, "schema"),
    migrationsFile: env.MIGRATIONS_FILE ?? join(dataDir, "migrations.jsonl"),
    beatsFile: env.BEATS_FILE ?? join(dataDir, "beats.jsonl"),
    dbHost: env.DB_HOST ?? env.REDIS ?? null,
    redis: env.REDIS ?? null,
    failAfter: Number(env.FAIL_AFTER ?? Infinity),
    requiredFiles: listOf(env.REQUIRED_FILES),
    backend: env.BACKEND ?? "",
    routes: listOf(env.ROUTES),
    beatMs: Number(env.BEAT_MS ?? 200),
    staticDir: env.STATIC_DIR ?? "/static",
  };
}

/** What happens to it and when. */
function readLife(env: NodeJS.ProcessEnv) {
  return {
    bootMs: Number(env.BOOT_MS ?? 0),
    crash: env.CRASH === undefined ? null : Number(env.CRASH),
    crashAfterMs: env.CRASH_AFTER_MS === undefined ? null : Number(env.CRASH_AFTER_MS),
    stopMs: Number(env.STOP_MS ?? 0),
    schemaVersion: Number(env.SCHEMA_VERSION ?? 1),
    schemaUpTo: Number(env.SCHEMA_UP_TO ?? env.SCHEMA_VERSION ?? 1),
    migratesAtStart: env.MIGRATE === "auto",
    migrateMs: Number(env.MIGRATE_MS ?? 0),
    migrateExit: Number(env.MIGRATE_EXIT ?? 0),
    migrateHangs: env.MIGRATE_HANG === "1",
  };
}

function listOf(text = ""): string[] {
  return text.split(",").filter((part) => part !== "");
}
