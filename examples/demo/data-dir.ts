// Where the demo keeps its files. `./data` is where the command line finds a gateway without being
// told, so it is taken when it is free; it is never taken from anybody.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export interface DataDir {
  path: string;
  /** The command line for this gateway, as one types it here. */
  cli: string;
  remove: () => void;
}

const HOLDGATE = fileURLToPath(new URL("../../bin/holdgate", import.meta.url));
/** Says that a directory is the demo's own, to be emptied and removed by it; holds its process id. */
const MARKER = ".demo";
// The path of a unix socket may have 107 bytes on Linux, 103 on macOS.
const LONGEST_SOCKET_PATH_BYTES = 103;

/** `wanted` when it can be had, else a temporary directory. */
export function makeDataDir(wanted?: string): DataDir {
  const cli = relative(process.cwd(), HOLDGATE);
  if (wanted !== undefined && isFree(resolve(wanted))) return claim(resolve(wanted), cli);
  const temporary = mkdtempSync(join(tmpdir(), "holdgate-demo-"));
  return claim(temporary, `${cli} --admin ${join(temporary, "admin.sock")}`);
}

function claim(path: string, cli: string): DataDir {
  const remove = () => rmSync(path, { recursive: true, force: true });
  remove();
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, MARKER), String(process.pid));
  return { path, cli, remove };
}

function isFree(path: string): boolean {
  if (Buffer.byteLength(join(path, "admin.sock")) > LONGEST_SOCKET_PATH_BYTES) return false;
  if (!existsSync(path) || readdirSync(path).length === 0) return true;
  const marker = join(path, MARKER);
  return existsSync(marker) && !isAlive(Number(readFileSync(marker, "utf8")));
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}
