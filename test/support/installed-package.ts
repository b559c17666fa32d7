// What a user of npm has: `npm pack`, and the package installed into an empty directory.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
// The program that runs the tests is new enough; the machine's own may not be.
const PATH = `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`;
const LONGEST_MS = 120_000;

export interface InstalledPackage {
  /** Where it was installed: a project of its own. */
  directory: string;
  /** The package in it. */
  root: string;
  /** The command that npm made of its `bin`. */
  command: string;
  /** It, to be spawned with a Node in its PATH that is new enough. */
  commandLine: [program: string, ...args: string[]];
  /** What the archive holds, as `dist/cli/main.js`. */
  files: string[];
  /** Runs a program in the directory. Rejects unless it ends with 0; gives what it printed. */
  run(program: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

export async function installPackage(): Promise<InstalledPackage> {
  const directory = await mkdtemp(join(tmpdir(), "hg-npm-"));
  const [packed] = JSON.parse(await npm(ROOT, "pack", "--json", "--pack-destination", directory));
  await writeFile(join(directory, "package.json"), '{ "private": true, "type": "module" }');
  const quickly = ["--omit=dev", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  await npm(directory, "install", ...quickly, join(directory, packed.filename));
  const root = join(directory, "node_modules", "holdgate");
  const command = join(directory, "node_modules", ".bin", "holdgate");
  return {
    directory,
    root,
    command,
    commandLine: ["env", `PATH=${PATH}`, command],
    files: packed.files.map(({ path }: { path: string }) => path),
    run: (program, ...args) => run(directory, program, args),
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 10 }),
  };
}

/** What prepack prints on the way is no JSON, and npm lets it through. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const output = await run(cwd, "npm", args);
  return output.slice(Math.max(0, output.search(/^\[/m)));
}

async function run(cwd: string, program: string, args: string[]): Promise<string> {
  const options = { cwd, env: { ...ownEnvironment(), PATH }, timeout: LONGEST_MS, maxBuffer: 2 ** 26 };
  return (await promisify(execFile)(program, args, options)).stdout;
}

/** Without what `npm test` tells its children about the package that it runs in. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const isOfRun = (name: string): boolean =>
    /^npm_(?:lifecycle|package|command|config_local_prefix|config_prefix)|^HOLDGATE_/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOfRun(name)));
}
