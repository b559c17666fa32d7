// The webhooks in `holdgate status`: a line each.

import type { WebhookStatus } from "../admin/api-types.ts";
import { describeDuration } from "./describe-duration.ts";

export function renderWebhooks(webhooks: readonly WebhookStatus[], wallMs: number): string[] {
  return webhooks.map((webhook) => renderWebhook(webhook, wallMs));
}

/** `webhook team (https://hooks.example.com): idle, 12 sent, the last 3m ago` */
function renderWebhook(webhook: WebhookStatus, wallMs: number): string {
  const { name, to, state, queued, sent, failed, dropped } = webhook;
  const { lastSuccessAt, lastFailureAt, lastFailure } = webhook;
  const ago = (time: number): string => `${describeDuration(wallMs - time)} ago`;
  const facts = [
    state,
    ...(queued > 0 ? [`${queued} waiting`] : []),
    `${sent} sent${lastSuccessAt === null ? "" : `, the last ${ago(lastSuccessAt)}`}`,
    ...(failed > 0 ? [`${failed} given up`] : []),
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    ...(lastFailureAt === null ? [] : [`failed ${ago(lastFailureAt)}: ${lastFailure ?? "unknown"}`]),
  ];
  return `webhook ${name} (${to}): ${facts.join(", ")}`;
}
