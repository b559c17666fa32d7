// Whether an answer is what the admin API promises. Each guard looks only at what tells the answer from
// that of another server: the gateway and its command line come in one package.

import type {
  AnnouncementAnswer,
  AuditAnswer,
  BypassAnswer,
  BypassRevoked,
  CandidateAnswer,
  EventMessage,
  MaintenanceAnswer,
  NewTokenAnswer,
  Problem,
  StatusAnswer,
  TokenAnswer,
  TokensAnswer,
  WaitedAnswer,
  WebhookTest,
} from "../admin/api-types.ts";

export type Guard<Answer> = (value: unknown) => value is Answer;

export function isStatusAnswer(value: unknown): value is StatusAnswer {
  return isObject(value) && Array.isArray(value["services"]) && typeof value["stateVersion"] === "number";
}

/** The answer of any write; those that never wait just lack what is optional. */
export function isWriteAnswer(value: unknown): value is WaitedAnswer {
  return isObject(value) && typeof value["version"] === "number" && isObject(value["service"]);
}

export function isMaintenanceAnswer(value: unknown): value is MaintenanceAnswer {
  return isWriteAnswer(value) && "window" in value;
}

export function isAnnouncementAnswer(value: unknown): value is AnnouncementAnswer {
  return isObject(value) && typeof value["service"] === "string" && "announcement" in value;
}

export function isWebhookTest(value: unknown): value is WebhookTest {
  return isObject(value) && typeof value["delivered"] === "boolean";
}

export function isCandidateAnswer(value: unknown): value is CandidateAnswer {
  return isWriteAnswer(value) && "health" in value && isObject(value.health);
}

export function isTokenAnswer(value: unknown): value is TokenAnswer {
  return isObject(value) && typeof value["name"] === "string" && typeof value["scope"] === "string";
}

export function isNewTokenAnswer(value: unknown): value is NewTokenAnswer {
  return isTokenAnswer(value) && "token" in value && typeof value.token === "string";
}

export function isTokensAnswer(value: unknown): value is TokensAnswer {
  return isObject(value) && Array.isArray(value["tokens"]);
}

export function isAuditAnswer(value: unknown): value is AuditAnswer {
  return isObject(value) && Array.isArray(value["entries"]);
}

export function isBypassAnswer(value: unknown): value is BypassAnswer {
  return isObject(value) && typeof value["path"] === "string" && typeof value["expiresAt"] === "number";
}

export function isBypassRevoked(value: unknown): value is BypassRevoked {
  return isObject(value) && typeof value["service"] === "string" && typeof value["changed"] === "boolean";
}

export function isEventMessage(value: unknown): value is EventMessage {
  return isObject(value) && typeof value["type"] === "string" && "service" in value;
}

export function isProblem(value: unknown): value is Problem {
  return isObject(value) && typeof value["code"] === "string" && typeof value["detail"] === "string";
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
