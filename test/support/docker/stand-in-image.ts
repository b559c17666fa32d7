// The image of the stand-in (stand-in/settings.ts says what it can be): its program and the commands beside it, under
// the names by which the manuals of the five systems call them.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type AppImage, appParts } from "./images.ts";
import type { ImageConfig, ImageFiles, ImageParts } from "./image-parts.ts";

const SOURCE = fileURLToPath(new URL("./stand-in/", import.meta.url));

/** By the name that is typed: the tool, and the words that go before those of the caller. */
const COMMANDS: Record<string, string> = {
  pg_dump: "pg_dump.ts",
  pg_restore: "pg_restore.ts",
  psql: "psql.ts",
  mongodump: "mongodump.ts",
  mongorestore: "mongorestore.ts",
  "manage.py": "manage.ts",
  migrate: "manage.ts",
  "redis-cli": "redis-cli.ts",
};

export interface StandIn {
  /** Becomes VERSION in the image's environment. */
  version: string;
  /** Baked into the image, as what distinguishes a version: HEALTH, CRASH, SCHEMA_VERSION, … */
  env?: Readonly<Record<string, string>>;
  /** Beside the program. */
  files?: ImageFiles;
  config?: ImageConfig;
}

/** For `sandbox.image(name, standIn({ version: "2.0.0" }))`. */
export function standIn({ version, env = {}, files = {}, config = {} }: StandIn): Omit<AppImage, "name"> {
  const baked = Object.entries({ VERSION: version, ...env }).map(([name, value]) => `${name}=${value}`);
  return {
    tag: version,
    files: { ...programFiles(), ...files },
    config: {
      Cmd: ["node", "/app/main.ts"],
      WorkingDir: "/app",
      ExposedPorts: { "8080/tcp": {} },
      ...config,
      Env: [...baked, ...(config.Env ?? [])],
    },
  };
}

/** For a registry to serve. */
export function standInParts(app: StandIn): Promise<ImageParts> {
  return appParts(standIn(app));
}

function programFiles(): ImageFiles {
  const sources = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  const program = sources.toSorted().map((path) => [`/app/${path}`, readFileSync(`${SOURCE}${path}`)]);
  const commands = Object.entries(COMMANDS).map(([name, tool]) => [
    `/usr/local/bin/${name}`,
    `#!/bin/sh\nexec node /app/tools/${tool} "$@"\n`,
  ]);
  return Object.fromEntries([...program, ...commands]);
}
