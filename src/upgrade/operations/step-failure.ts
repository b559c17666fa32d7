// Why a step could not be done, in words for the operator; and what the run should make of it.

export type FailureKind =
  /** As the step's onFailure says. */
  | "failed"
  /** A person must look, whatever onFailure says: it is not known what happened, or it cannot be repaired. */
  | "needs-a-person"
  /** The operator has decided for rollback. */
  | "declined"
  /** The operator has stopped the run. */
  | "cancelled";

export class StepFailure extends Error {
  readonly kind: FailureKind;

  /** @param message what was tried, with what, and what to do. */
  constructor(message: string, kind: FailureKind = "failed", options?: ErrorOptions) {
    super(message, options);
    this.name = "StepFailure";
    this.kind = kind;
  }
}
