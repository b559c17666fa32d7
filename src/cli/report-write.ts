import type { WaitedAnswer, WriteAnswer } from "../admin/api-types.ts";
import { describeRemaining } from "./describe-service.ts";
import type { Invocation } from "./invocation.ts";

/** The outcome of a write: the service's name, what is so now, and whether that is new. */
export function reportWrite(answer: WriteAnswer, facts: string, invocation: Invocation): void {
  const unchanged = answer.changed ? "" : " (as before)";
  invocation.report(answer, `${answer.service.name}: ${facts}${unchanged}`);
}

/** The same for a write that waited; when the deadline came first, `meanwhile` says what is so nevertheless. */
export function reportWaited(
  answer: WaitedAnswer,
  facts: string,
  meanwhile: string,
  invocation: Invocation,
): void {
  reportWrite(answer, facts, invocation);
  if (answer.settled !== false) return;
  const left = answer.remaining ? describeRemaining(answer.remaining) : "something";
  invocation.fail(`not settled at the deadline: ${left} left; ${meanwhile}`);
}
