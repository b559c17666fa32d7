// Frames of STOMP 1.2, read and written for the rig's server: one at a time, text only.

export interface StompFrame {
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\r": "\\r", "\n": "\\n", ":": "\\c" };
const UNESCAPES: Readonly<Record<string, string>> = { "\\\\": "\\", "\\r": "\r", "\\n": "\n", "\\c": ":" };

/** Pieces as they come; frames as they are complete. EOLs between them are heartbeats, and nothing else. */
export class StompReader {
  #text = "";

  read(piece: string): StompFrame[] {
    this.#text += piece;
    const frames: StompFrame[] = [];
    for (let end = this.#text.indexOf("\0"); end >= 0; end = this.#text.indexOf("\0")) {
      frames.push(parse(this.#text.slice(0, end).replace(/^[\r\n]+/u, "")));
      this.#text = this.#text.slice(end + 1);
    }
    return frames;
  }
}

export function writeFrame(command: string, headers: Readonly<Record<string, string>>, body = ""): string {
  const isPlain = command === "CONNECTED";
  const lines = Object.entries(headers).map(([name, value]) =>
    isPlain ? `${name}:${value}` : `${escape(name)}:${escape(value)}`,
  );
  return `${[command, ...lines].join("\n")}\n\n${body}\0`;
}

function parse(text: string): StompFrame {
  const [head = "", ...rest] = text.split(/\r?\n\r?\n/u);
  const [command = "", ...lines] = head.split(/\r?\n/u);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = unescape(line.slice(0, colon));
    // The first of the same name counts.
    if (!headers.has(name)) headers.set(name, unescape(line.slice(colon + 1)));
  }
  return { command, headers, body: rest.join("\n\n") };
}

function escape(text: string): string {
  return text.replace(/[\\\r\n:]/gu, (character) => ESCAPES[character] ?? character);
}

function unescape(text: string): string {
  return text.replace(/\\./gu, (pair) => UNESCAPES[pair] ?? pair);
}
