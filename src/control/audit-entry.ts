// One line of the audit log.

import { z } from "zod";

export const auditEntrySchema = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  /** The token's name, or `holdgate` for what the gateway does by itself. */
  actor: z.string(),
  /** The client's address, `unix`, or what made the gateway act. */
  from: z.string(),
  action: z.string(),
  service: z.string().nullable(),
  outcome: z.enum(["done", "refused"]),
  /** The ErrorCode of the refusal; as text, because the file may come from another version. */
  code: z.string().optional(),
  /** The version of the state afterwards. */
  version: z.number(),
  parameters: z.record(z.string(), z.unknown()),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** What to look for; what is left out is any. */
export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
}
