// The text of `upgrade.yaml` for an app: a plan that works as it stands, and says what the operator should add.

import type { App, Database } from "./app.ts";

export function planText(app: App, service: string): string {
  return app.found.kind === "swarm" ? swarmPlan(app, service) : containerPlan(app, service);
}

function containerPlan(app: App, service: string): string {
  const database = app.databases.find(({ kind }) => kind !== "redis");
  return `${head(app, service)}
targets:
  app: { ${targetOf(app)}${app.port === null ? "" : `, port: ${app.port}`} }
${database ? `  db: { container: ${database.container} }\n` : ""}
steps:
  # Nothing has been touched yet: enough disk, and nothing changed by hand inside the container, which would be lost.
  # (Name such files in \`replace\` as carryFiles: [/path], and they are carried over.)
  - preflight: { diskFree: 2GiB, noDrift: app${app.hasHealthCheck ? ", healthy: app" : ""} }

${pullStep(app)}
  # Requests wait from here on instead of failing, for as long as the lease at most.
  - hold: { lease: 3m }

${backupSteps(app, database)}
  # Stops the old container, starts one with the new image and all else as it was. The old one is kept.
${replaceStep(database)}
  # Back goes everything if this does not become true in time.
  - healthy: { ${checkOf(app)}, for: 1s, timeout: 60s }

  - release: {}

  # Watched with users on it: more errors, or a restart, and it goes back.
  - observe: { for: 10m, maxErrorRate: 1%, maxRestarts: 0 }

  # Of the old containers, the newest is kept, so that \`holdgate upgrade --rollback RUN\` stays possible.
  - retire: { target: app, keep: 1 }
`;
}

function swarmPlan(app: App, service: string): string {
  return `${head(app, service)}
targets:
  app: { swarm: ${app.name} }

steps:
  # A manager, all nodes ready, the service at its count and not in the middle of an update.
  - preflight: { swarm: true, images: ["\${image}:\${version}"] }

  # If the new version changes the database, do it here, once: see \`migrate\` and \`backup\` in docs/plan-reference.md.

  - update:
      targets: [app]
      image: "\${image}:\${version}"
      parallelism: 1
      order: start-first
      failureAction: rollback
      monitor: 10s
      timeout: 10m

  # Asked through the gateway's upstream. Back goes everything if this does not become true in time.
  - healthy: { ${checkOf(app)}, for: 1s, timeout: 60s }

  - observe: { for: 10m, maxErrorRate: 1%, maxRestarts: 0 }
`;
}

function head(app: App, service: string): string {
  return `# yaml-language-server: $schema=./config/upgrade.schema.json
#
# Upgrades ${app.name}. Try it first: it prints what it would do, and does nothing.
#
#   holdgate upgrade upgrade.yaml --var version=NEW --dry-run
#   holdgate upgrade upgrade.yaml --var version=NEW
#
# docs/plan-reference.md lists what a step can be; examples/plans/ has plans of real systems.

name: ${service}
service: ${service}

vars:
  # The version to upgrade to. ${app.image.tag === "latest" ? "`latest` runs now: a version by its number can be gone back to." : `${app.image.tag} runs now.`}
  version: "${app.image.tag}"
  image: ${app.image.repository}
`;
}

function pullStep({ image }: App): string {
  if (!image.local) {
    return `  # Before anything stops. The old image is kept.
  - pull: "\${image}:\${version}"
`;
  }
  return `  # The image was built on this machine: build the new one before, under its version. From a registry, it would be
  # pulled here, before anything stops:
  # - pull: "\${image}:\${version}"
`;
}

function targetOf({ found }: App): string {
  switch (found.kind) {
    case "compose":
      return `compose: { project: ${found.project}, service: ${found.service} }`;
    case "container":
      return `container: ${found.container}`;
    case "swarm":
      return `swarm: ${found.service}`;
  }
}

function checkOf(app: App): string {
  const path = app.healthPath ?? "/";
  const target = app.found.kind === "swarm" || app.port === null ? "" : ", target: app";
  return `http: ${path}${target}, expect: { status: ${app.healthPath === null ? "200-399" : "200"} }`;
}

function backupSteps(app: App, database: Database | undefined): string {
  const parts = [database ? dumpStep(database) : null, ...app.dataPaths.map(pathStep)].filter(
    (part) => part !== null,
  );
  if (parts.length > 0) return parts.join("\n");
  return `  # It has no volumes and no database that were found. If it has data, back it up here:
  # - backup: { path: { target: app, path: /data }, to: "backups/\${run}.tar", gzip: true }
`;
}

function pathStep(path: string, index: number): string {
  return `  - id: files-${index + 1}
    backup: { path: { target: app, path: ${path} }, to: "backups/\${run}-files-${index + 1}.tar", gzip: true }
`;
}

function dumpStep(database: Database): string {
  const { dump, verify } = COMMANDS[database.kind](database);
  return `  # Nobody writes while requests wait, so the dump has everything.
  - id: dump
    backup:
      exec: { target: db, command: ${flow(dump)} }
      to: "backups/\${run}.dump"
      minBytes: 100
${verify ? `      verify: { command: ${flow(verify)} }\n` : ""}`;
}

function replaceStep(database: Database | undefined): string {
  const step = '  - replace: { target: app, image: "${image}:${version}" }';
  if (!database) return `${step}\n`;
  const { restore } = COMMANDS[database.kind](database);
  return `  # If the app changes its database when it starts, the old version may not run on it any more. Then the way back is
  # the dump. If yours does not, remove \`pointOfNoReturn\` and \`undo\`.
${step}
    pointOfNoReturn: true
    undo:
      - restore:
          from: dump
          exec: { target: db, command: ${flow(restore)} }
`;
}

interface Commands {
  dump: string[];
  verify: string[] | null;
  restore: string[];
}

const COMMANDS: Record<Database["kind"], (database: Database) => Commands> = {
  postgres({ user, database }) {
    const as = ["-U", user ?? "postgres", "-d", database ?? "postgres"];
    return {
      dump: ["pg_dump", "-Fc", ...as],
      verify: ["pg_restore", "-l"],
      restore: ["pg_restore", "--clean", "--if-exists", "--exit-on-error", "--single-transaction", ...as],
    };
  },
  mysql: ({ database }) => sqlCommands("mysqldump", "mysql", "MYSQL_ROOT_PASSWORD", database),
  mariadb: ({ database }) => sqlCommands("mariadb-dump", "mariadb", "MARIADB_ROOT_PASSWORD", database),
  mongo: () => ({
    dump: ["mongodump", "--archive", "--gzip"],
    verify: ["mongorestore", "--archive", "--gzip", "--dryRun"],
    restore: ["mongorestore", "--archive", "--gzip", "--drop"],
  }),
  redis: () => ({ dump: ["redis-cli", "--rdb", "-"], verify: null, restore: ["redis-cli", "--pipe"] }),
};

/** The password is in the container's own environment: a shell there puts it in, and it stands nowhere else. */
function sqlCommands(dump: string, restore: string, secret: string, database: string | null): Commands {
  const what = database === null ? "--all-databases" : `--databases ${database}`;
  return {
    dump: ["sh", "-c", `MYSQL_PWD="$${secret}" ${dump} -uroot --single-transaction --routines ${what}`],
    verify: null,
    restore: ["sh", "-c", `MYSQL_PWD="$${secret}" ${restore} -uroot`],
  };
}

function flow(words: readonly string[]): string {
  return `[${words.map((word) => (/^[\w./:=-]+$/.test(word) ? word : JSON.stringify(word))).join(", ")}]`;
}
