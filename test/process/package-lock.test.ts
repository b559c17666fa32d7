// `npm ci` is the first thing that a new clone meets. It refuses a lock file that is not whole, and what a lock
// file says depends on who wrote it last.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";

const dependencies = z.record(z.string(), z.string()).default({});
const packageEntry = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  dependencies,
  devDependencies: dependencies,
  optionalDependencies: dependencies,
});
const lockFile = z.object({ packages: z.record(z.string(), packageEntry) });

const { packages } = lockFile.parse(readJson("package-lock.json"));
const installed = Object.entries(packages).filter(([path]) => path !== "");

it("the lock file names no address to download from", () => {
  const addresses = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined);
  expect(addresses).toEqual([]);
  expect(JSON.stringify(packages)).not.toMatch(/"https?:\/\/[^"]*\.tgz"/);
});

it("the lock file says of every package which bytes it is", () => {
  expect(installed.length).toBeGreaterThan(0);
  expect(installed.filter(([, entry]) => entry.integrity === undefined)).toEqual([]);
});

// A registry that lacks the newest build for some platform lets `npm install` leave it out, silently, and every
// later `npm ci` fails with "Missing: … from lock file". Choose a version that is there for all platforms.
it("the lock file has the packages of the other platforms too", () => {
  const wanted = installed.flatMap(([, entry]) => Object.keys(entry.optionalDependencies));
  const missing = wanted.filter((name) => !installed.some(([path]) => path.endsWith(`node_modules/${name}`)));
  expect(missing).toEqual([]);
});

it("the lock file was made from this package.json", () => {
  const { dependencies, devDependencies } = packageEntry.parse(readJson("package.json"));
  expect(packages[""]).toMatchObject({ dependencies, devDependencies });
});

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
}
