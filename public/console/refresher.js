// Reads something again when it may have changed: soon, once for many reasons, never twice at a time, and not for a tab
// that nobody sees.

export class Refresher {
  #read;
  #soonMs;
  #timer = null;
  #isReading = false;
  #isDue = false;
  #stopped = false;

  /** `read` gives a promise; what it cannot read now, it reads the next time. */
  constructor(read, soonMs) {
    this.#read = read;
    this.#soonMs = soonMs;
  }

  soon() {
    if (this.#stopped) return;
    if (this.#isReading) this.#isDue = true;
    else this.#timer ??= setTimeout(() => void this.now(), this.#soonMs);
  }

  async now() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (document.hidden) return;
    if (this.#isReading) {
      this.#isDue = true;
      return;
    }
    this.#isReading = true;
    await this.#read().catch(() => {});
    this.#isReading = false;
    if (this.#isDue) {
      this.#isDue = false;
      this.soon();
    }
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
