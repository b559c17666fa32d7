// Every kind of operation with its handler.

import { announce, withdrawAnnouncement } from "./announce.ts";
import { awaitActive } from "./await-active.ts";
import { awaitExec } from "./await-exec.ts";
import { awaitExit } from "./await-exit.ts";
import { awaitRunning } from "./await-running.ts";
import { backup } from "./backup.ts";
import { clearCandidate, setCanary, setCandidate } from "./candidate.ts";
import { carryFiles } from "./carry-files.ts";
import { check } from "./check.ts";
import { command } from "./command.ts";
import { confirm } from "./confirm.ts";
import { connectNetwork } from "./connect-network.ts";
import { createContainer } from "./create-container.ts";
import { cutover } from "./cutover.ts";
import { exec } from "./exec.ts";
import type { Handlers } from "./handler.ts";
import { http } from "./http.ts";
import { loadImage, pullImage, tagImage, untagImage } from "./images.ts";
import { observe } from "./observe.ts";
import { pauseContainer, unpauseContainer } from "./pause-container.ts";
import { preflight } from "./preflight.ts";
import { startProcess, stopProcess } from "./process.ts";
import { readPending } from "./read-pending.ts";
import { readSchema } from "./read-schema.ts";
import { removeContainer } from "./remove-container.ts";
import { renameContainer } from "./rename-container.ts";
import { restore } from "./restore.ts";
import { retireContainers } from "./retire-containers.ts";
import { setMode } from "./set-mode.ts";
import { setRestartPolicy } from "./set-restart-policy.ts";
import { startContainer } from "./start-container.ts";
import { stopContainer } from "./stop-container.ts";
import { awaitJob, createJob, removeService } from "./swarm-job.ts";
import { awaitConvergence, restoreService, scaleService, updateService } from "./swarm-service.ts";
import { syncVolumes } from "./sync-volumes.ts";
import { putUpstream, removeUpstream } from "./upstreams.ts";
import { wait } from "./wait.ts";

export const HANDLERS: Handlers = {
  "create-container": createContainer,
  "connect-network": connectNetwork,
  "carry-files": carryFiles,
  "set-restart-policy": setRestartPolicy,
  "stop-container": stopContainer,
  "start-container": startContainer,
  "await-running": awaitRunning,
  "rename-container": renameContainer,
  "pause-container": pauseContainer,
  "unpause-container": unpauseContainer,
  "remove-container": removeContainer,
  "retire-containers": retireContainers,
  "await-exit": awaitExit,
  "await-exec": awaitExec,
  exec,
  "pull-image": pullImage,
  "load-image": loadImage,
  "tag-image": tagImage,
  "untag-image": untagImage,
  "update-service": updateService,
  "await-convergence": awaitConvergence,
  "restore-service": restoreService,
  "scale-service": scaleService,
  "create-job": createJob,
  "await-job": awaitJob,
  "remove-service": removeService,
  "stop-process": stopProcess,
  "start-process": startProcess,
  "set-mode": setMode,
  announce,
  "withdraw-announcement": withdrawAnnouncement,
  "put-upstream": putUpstream,
  "remove-upstream": removeUpstream,
  "set-candidate": setCandidate,
  "clear-candidate": clearCandidate,
  "set-canary": setCanary,
  cutover,
  "await-active": awaitActive,
  backup,
  restore,
  "sync-volumes": syncVolumes,
  preflight,
  check,
  observe,
  confirm,
  wait,
  "read-schema": readSchema,
  "read-pending": readPending,
  http,
  command,
};
