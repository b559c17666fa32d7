// Where the command line writes: results on standard output, everything about them on standard error.

import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** A stream that may be a terminal: process.stdout, process.stderr, or a stand-in. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** process.stdin, or a stand-in. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(mode: boolean): unknown;
}

export class Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Null: nobody can answer. Asked for when it is needed, because opening it has effects of its own. */
  readonly stdin: () => InputStream | null;

  constructor(stdout: OutputStream, stderr: OutputStream, stdin: () => InputStream | null = () => null) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.stdin = stdin;
  }

  print(text: string): void {
    this.stdout.write(`${text}\n`);
  }

  /** One JSON document per line, so that a stream of them can be read line by line. */
  printJson(value: unknown): void {
    this.stdout.write(`${JSON.stringify(value)}\n`);
  }

  complain(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /** Aborts when nobody reads standard output any more, as after `holdgate events --follow | head`. */
  readerGone(): AbortSignal {
    const gone = new AbortController();
    this.stdout.once("error", () => gone.abort());
    return gone.signal;
  }

  /** Styles text for standard output; plain when it is no terminal or NO_COLOR is set. */
  readonly style = (style: Style, text: string): string => styleText(style, text, { stream: this.stdout });
}
