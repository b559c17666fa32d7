// The audit of what was done here without control's commands: orders to runners, announcements, tokens, tests of
// webhooks.

import type { AuditEntry } from "../control/audit-log.ts";
import type { AdminContext } from "./admin-env.ts";
import type { AdminDeps } from "./admin-ports.ts";

/** What the audit keeps: never a secret. */
export interface ActionRecord {
  action: string;
  service: string | null;
  parameters: Record<string, unknown>;
}

/** It is done already, so a full disk must not turn it into a failure. */
export async function recordAction(
  { control, clock, log }: Pick<AdminDeps, "control" | "clock" | "log">,
  c: AdminContext,
  { action, service, parameters }: ActionRecord,
): Promise<void> {
  const entry: AuditEntry = {
    at: new Date(clock.wall()).toISOString(),
    actor: c.get("principal").actor,
    from: c.env.from,
    action,
    service,
    outcome: "done",
    version: control.state.version,
    parameters,
  };
  try {
    await control.audit.append(entry);
  } catch (err) {
    log.error({ err, ...entry }, "the audit log cannot be written; this entry is kept here only");
  }
}
