// What some tests need of the machine beyond Node and the packages of npm. Where it is missing they are left out, and
// the end of the run says so. With HOLDGATE_REQUIRE=chromium,nginx its absence is a failure: CI must not be green
// because it tested less.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FoundEngine } from "./docker/look-for-engine.ts";

export const CHROMIUM = "/usr/bin/chromium";

const REQUIREMENTS = {
  chromium: { isHere: () => succeeds("test", ["-x", CHROMIUM]), remedy: "apt-get install chromium" },
  compose: {
    // docker-compose 1.29 is what Debian has; the plugin of a current Docker does as well.
    isHere: () => succeeds("docker", ["compose", "version"]) || succeeds("docker-compose", ["version"]),
    remedy: "apt-get install docker-compose",
  },
  docker: {
    // busybox: what the containers of the tests are made of; images can be had from nowhere.
    isHere: () => findEngine() !== null && succeeds("busybox", ["true"]),
    remedy: "apt-get install docker.io busybox-static, and start dockerd",
  },
  nginx: {
    isHere: () => succeeds("nginx", ["-v"]) && succeeds("openssl", ["version"]),
    remedy: "apt-get install nginx openssl",
  },
  promtool: {
    isHere: () => succeeds("promtool", ["--version"]),
    remedy: "apt-get download prometheus, and put its promtool into the PATH",
  },
  script: {
    // BSD and macOS have another program of this name, with other options.
    isHere: () => spawnSync("script", ["--version"]).stdout?.includes("util-linux") ?? false,
    remedy: "apt-get install bsdutils",
  },
  swarm: {
    isHere: () => findEngine("--swarm")?.isManager ?? false,
    remedy: "start a dockerd that is the manager of a swarm or can become one",
  },
  systemd: {
    isHere: () => succeeds("systemd-analyze", ["--version"]),
    remedy: "apt-get install systemd",
  },
} as const satisfies Record<string, { isHere: () => boolean; remedy: string }>;

export type Requirement = keyof typeof REQUIREMENTS;

/** Why tests that need it are left out here; null when they run. Throws when HOLDGATE_REQUIRE names it. */
export function whyLeftOut(name: Requirement, env = process.env): string | null {
  const isRequired = requiredBy(env).includes(name);
  const { isHere, remedy } = REQUIREMENTS[name];
  if (isHere()) return null;
  const reason = `${name} is not installed (${remedy})`;
  if (isRequired) throw new Error(`HOLDGATE_REQUIRE names ${name}, but ${reason}`);
  return reason;
}

function requiredBy({ HOLDGATE_REQUIRE = "" }: NodeJS.ProcessEnv): string[] {
  const names = HOLDGATE_REQUIRE.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => name !== "" && !Object.hasOwn(REQUIREMENTS, name));
  if (unknown.length === 0) return names;
  const known = Object.keys(REQUIREMENTS).join(", ");
  throw new Error(`HOLDGATE_REQUIRE names ${unknown.join(", ")}, which no test needs; there are ${known}`);
}

function succeeds(program: string, args: string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

function findEngine(...args: string[]): FoundEngine | null {
  const program = fileURLToPath(new URL("./docker/look-for-engine.ts", import.meta.url));
  const run = spawnSync(process.execPath, [program, ...args], { encoding: "utf8", timeout: 20_000 });
  return run.status === 0 ? JSON.parse(run.stdout) : null;
}
