/** A command could not be started or found; the message says which, where, and what to do. */
export class ProcessError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProcessError";
  }
}
