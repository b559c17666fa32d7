// The version of the schema on disk, and the one thing that changes it.

import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "./settings.ts";
import { appendLine, readText } from "./store.ts";

/** 1 where there is none yet. */
export function schemaOnDisk({ schemaFile }: Pick<Settings, "schemaFile">): number {
  return Number(readText(schemaFile) || 1);
}

export function writeSchema({ schemaFile }: Pick<Settings, "schemaFile">, version: number): void {
  mkdirSync(dirname(schemaFile), { recursive: true });
  writeFileSync(schemaFile, String(version));
}

/** Leaves a line in the log for each migration that was carried out, so that a test can count them. */
export async function migrate(settings: Settings, to = settings.schemaVersion): Promise<void> {
  const from = schemaOnDisk(settings);
  if (from === to) {
    console.log("No migrations to apply.");
    return;
  }
  console.log(`Migrating from ${from} to ${to}`);
  if (settings.migrateHangs) await new Promise(() => setInterval(() => {}, 60_000));
  await sleep(settings.migrateMs);
  if (settings.migrateExit !== 0) {
    console.error(`Migration failed: column "colour" exists already`);
    process.exit(settings.migrateExit);
  }
  writeSchema(settings, to);
  appendLine(settings.migrationsFile, { from, to, version: settings.version, host: hostname() });
  console.log(`Migrated to ${to}`);
}
