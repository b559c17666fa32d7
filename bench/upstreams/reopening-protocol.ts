// What is said over the channel to reopening-server.ts: a command, and the answer to each.

export type ReopeningCommand = "open" | "close" | "report";

export interface Reopening {
  /** When it was last opened, on the clock of monotonic-ms.ts. */
  openedAtMs: number;
  /** When the first measured request since then arrived; null: none yet. */
  firstRequestAtMs: number | null;
}
