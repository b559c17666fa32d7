// `holdgate token list` for people.

import type { TokenAnswer, TokensAnswer } from "../admin/api-types.ts";
import { localTime } from "./render-event.ts";
import { renderTable } from "./render-table.ts";

const HEADINGS = ["NAME", "SCOPE", "MADE", "EXPIRES"];

export function renderTokens({ tokens }: TokensAnswer, nowMs: number): string {
  if (tokens.length === 0) return "There are no tokens; the unix socket needs none.";
  const rows = tokens.map((token) => [
    token.name,
    token.scope,
    localTime(token.createdAt),
    expiry(token, nowMs),
  ]);
  return renderTable([HEADINGS, ...rows]).join("\n");
}

function expiry({ expiresAt }: TokenAnswer, nowMs: number): string {
  if (expiresAt === null) return "never";
  return Date.parse(expiresAt) > nowMs ? localTime(expiresAt) : `${localTime(expiresAt)} (expired)`;
}
