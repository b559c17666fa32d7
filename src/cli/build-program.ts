// The grammar of the command line: the verbs, and the options that all of them share.

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { isObject } from "../client/answer-guards.ts";
import type { Invocation } from "./invocation.ts";
import { addAnnounce } from "./verbs/add-announce.ts";
import { addAudit } from "./verbs/add-audit.ts";
import { addCanary } from "./verbs/add-canary.ts";
import { addBypass } from "./verbs/add-bypass.ts";
import { addCandidate } from "./verbs/add-candidate.ts";
import { addCheck } from "./verbs/add-check.ts";
import { addCutover } from "./verbs/add-cutover.ts";
import { addDemo } from "./verbs/add-demo.ts";
import { addEvents } from "./verbs/add-events.ts";
import { addHold } from "./verbs/add-hold.ts";
import { addInit } from "./verbs/add-init.ts";
import { addMaintenance } from "./verbs/add-maintenance.ts";
import { addRelease } from "./verbs/add-release.ts";
import { addRollback } from "./verbs/add-rollback.ts";
import { addRun } from "./verbs/add-run.ts";
import { addRunner } from "./verbs/add-runner.ts";
import { addStatus } from "./verbs/add-status.ts";
import { addToken } from "./verbs/add-token.ts";
import { addUpgrade } from "./verbs/add-upgrade.ts";
import { addWebhook } from "./verbs/add-webhook.ts";
import { addUpstream } from "./verbs/add-upstream.ts";

// In the order in which an operator meets them.
const VERBS = [
  addInit,
  addRun,
  addStatus,
  addMaintenance,
  addAnnounce,
  addBypass,
  addHold,
  addRelease,
  addUpstream,
  addCandidate,
  addCanary,
  addCutover,
  addRollback,
  addUpgrade,
  addRunner,
  addEvents,
  addWebhook,
  addAudit,
  addToken,
  addCheck,
  addDemo,
];

export function buildProgram(invocation: Invocation): Command {
  const program = new Command("holdgate");
  program
    .description("Holds, moves and routes the traffic of a self-hosted chat app while it is upgraded.")
    .version(packageVersion())
    .option("--admin <address>", "the gateway: http://host:port or the path of its socket (HOLDGATE_ADMIN)")
    .option("--token <token>", "the token for TCP (HOLDGATE_TOKEN); other users of this machine can see it")
    .option("--token-file <file>", "read the token from a file")
    .option("--config <file>", "the config, whose dataDir leads to the gateway (config/holdgate.yaml)")
    .option("--json", "print JSON, one document per line")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void invocation.terminal.stdout.write(text),
      writeErr: (text) => void invocation.terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "holdgate: ")),
    })
    .showHelpAfterError("Add --help to see what is possible.")
    .addHelpText("after", "\nExit code: 0 when the thing was done, 2 for a usage error, 1 otherwise.")
    .exitOverride()
    .hook("preAction", () => void (invocation.options = program.opts()));
  for (const addVerb of VERBS) addVerb(program, invocation);
  return program;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const manifest: unknown = JSON.parse(text);
  return isObject(manifest) ? String(manifest["version"]) : "unknown";
}
