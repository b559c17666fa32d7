/** The last lines of an output, for the message of its failure. */
export class LastLines {
  readonly #lines: string[] = [];
  readonly #count: number;

  constructor(count = 20) {
    this.#count = count;
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#count) this.#lines.shift();
  }

  /** To be put behind a sentence without its stop. */
  text(): string {
    if (this.#lines.length === 0) return "; it wrote nothing";
    return `; its last lines:\n${this.#lines.map((line) => `  ${line}`).join("\n")}`;
  }
}
