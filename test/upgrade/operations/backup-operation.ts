import type {
  ContainerChange,
  OperationOf,
  ResolvedSource,
  ResolvedVerify,
} from "../../../src/upgrade/operations/operation.ts";
import { common, type OnEngine } from "./on-engine.ts";

export type Backup = OperationOf<"backup">;

export function backupOf(source: ResolvedSource, to: string, more: Partial<Backup> = {}): Backup {
  return {
    ...common("dump.write"),
    kind: "backup",
    source,
    to,
    gzip: false,
    minBytes: 1,
    verify: null,
    ...more,
  };
}

export function execSource(
  container: { id: string; name: string },
  script: string,
  env: Record<string, string> = {},
): Extract<ResolvedSource, { kind: "exec" }> {
  const nothing = { user: null, workdir: null, successCodes: [0] };
  return { kind: "exec", container, command: ["sh", "-c", script], env, ...nothing };
}

export function runLike(
  { busybox }: OnEngine,
  like: { id: string; name: string },
  change: ContainerChange,
): Extract<ResolvedSource, { kind: "run" }> {
  return { kind: "run", like, image: busybox.ref, change, waitMs: null, successCodes: [0] };
}

export function verifiedBy(script: string): Extract<ResolvedVerify, { kind: "command" }> {
  return { kind: "command", command: ["sh", "-c", script] };
}
