// Cuts text that comes in pieces into lines, in bounded memory: a line that is longer comes in parts.

import { StringDecoder } from "node:string_decoder";

/** What the engine itself keeps of a line of a log, many times over. */
export const LONGEST_LINE = 256 * 1024;

export class LineCutter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Buffer): void {
    this.#cut(this.#decoder.write(bytes));
  }

  /** What has no line end counts as a line. */
  end(): void {
    this.#cut(this.#decoder.end());
    if (this.#rest !== "") this.#emit(this.#rest);
    this.#rest = "";
  }

  #cut(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#emit(line);
    if (this.#rest.length < LONGEST_LINE) return;
    this.#emit(this.#rest);
    this.#rest = "";
  }

  #emit(line: string): void {
    this.#onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
}
