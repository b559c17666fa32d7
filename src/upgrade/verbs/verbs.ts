// Every verb of a plan with what makes operations of it.

import { planBackup, planRestore, planSync } from "./data.ts";
import {
  planAnnounce,
  planCanary,
  planCandidate,
  planCutover,
  planHold,
  planMaintenance,
  planRelease,
} from "./gateway.ts";
import { planCheck, planConfirm, planHealthy, planObserve, planWait } from "./look.ts";
import { planCommand, planHttp, planLoad, planPull } from "./outside.ts";
import { planParallel } from "./parallel.ts";
import { planPause, planUnpause } from "./pause.ts";
import { planPreflight } from "./preflight.ts";
import { planReplace } from "./replace.ts";
import { planRetire } from "./retire.ts";
import { planStart, planStop } from "./stop.ts";
import { planScale, planUpdate } from "./swarm.ts";
import type { PlanVerbs } from "./verb.ts";
import { planExec, planMigrate, planRun } from "./work.ts";

export const VERBS: PlanVerbs = {
  preflight: planPreflight,
  healthy: planHealthy,
  check: planCheck,
  observe: planObserve,
  confirm: planConfirm,
  wait: planWait,
  announce: planAnnounce,
  maintenance: planMaintenance,
  hold: planHold,
  release: planRelease,
  candidate: planCandidate,
  canary: planCanary,
  cutover: planCutover,
  pull: planPull,
  load: planLoad,
  stop: planStop,
  start: planStart,
  pause: planPause,
  unpause: planUnpause,
  replace: planReplace,
  retire: planRetire,
  run: planRun,
  exec: planExec,
  migrate: planMigrate,
  backup: planBackup,
  restore: planRestore,
  sync: planSync,
  update: planUpdate,
  scale: planScale,
  http: planHttp,
  command: planCommand,
  parallel: planParallel,
};
