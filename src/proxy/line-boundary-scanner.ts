// Knows where one line of a stream of lines ends. Such a stream is ended only there, so that its reader has no half line.

const LF = 10;

export class LineBoundaryScanner {
  /** The data so far ends with a line, also when nothing has come yet. */
  atBoundary = true;

  scan(buffer: Buffer, from: number, to: number): void {
    if (to > from) this.atBoundary = buffer[to - 1] === LF;
  }
}
