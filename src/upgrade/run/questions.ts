// Questions of a run that wait for its operator.

export type Answer = "approved" | "declined";

interface OpenQuestion {
  operation: string;
  resolve: (answer: Answer) => void;
}

export class Questions {
  readonly #open: OpenQuestion[] = [];

  /** Resolves with the answer; rejects with the signal's reason. */
  ask(operation: string, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const question = { operation, resolve };
    const onAbort = (): void => reject(signal.reason);
    this.#open.push(question);
    signal.addEventListener("abort", onAbort, { once: true });
    return promise.finally(() => {
      signal.removeEventListener("abort", onAbort);
      const index = this.#open.indexOf(question);
      if (index !== -1) this.#open.splice(index, 1);
    });
  }

  /** The one that was asked first. False: nothing is asked. */
  answer(answer: Answer): boolean {
    const question = this.#open.shift();
    question?.resolve(answer);
    return question !== undefined;
  }
}
