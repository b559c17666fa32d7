// Knows where one event of an event stream ends: behind an empty line, whatever line ends it uses
// (HTML Living Standard §9.2.5: CR LF, LF or CR). A stream is ended only there, so that the browser has
// no half event to throw away. Comment lines (": ping") belong to no event.

const CR = 13;
const LF = 10;
const COLON = 58;

export class EventBoundaryScanner {
  #lineEmpty = true;
  #lineIsComment = false;
  #eventOpen = false;
  #lastWasCr = false;

  /** The data so far ends between two events, also when nothing has come yet. */
  get atBoundary(): boolean {
    return this.#lineEmpty && !this.#eventOpen;
  }

  scan(buffer: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at++) this.#step(buffer[at] ?? 0);
  }

  #step(byte: number): void {
    const secondOfCrLf = byte === LF && this.#lastWasCr;
    this.#lastWasCr = byte === CR;
    if (secondOfCrLf) return;
    if (byte === CR || byte === LF) return this.#endLine();
    if (this.#lineEmpty) this.#lineIsComment = byte === COLON;
    this.#lineEmpty = false;
  }

  #endLine(): void {
    if (this.#lineEmpty) this.#eventOpen = false;
    else if (!this.#lineIsComment) this.#eventOpen = true;
    this.#lineEmpty = true;
  }
}
