// Server-sent events from a byte stream, as the WHATWG defines them, as far as the admin API uses them.

import { StringDecoder } from "node:string_decoder";

export interface ServerSentEvent {
  /** The last id seen on the stream, "" before the first. */
  id: string;
  event: string;
  data: string;
}

// A stream that never ends a line is not ours; without a bound it would fill the memory.
const LONGEST_EVENT_CHARS = 1024 * 1024;

export async function* readServerSentEvents(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const builder = new EventBuilder();
  for await (const line of readLines(stream)) {
    const event = builder.take(line);
    if (event) yield event;
  }
}

class EventBuilder {
  #id = "";
  #event = "";
  #data: string[] = [];
  #chars = 0;

  /** Takes a line; gives the event that an empty line completes. */
  take(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#complete();
    this.#chars += line.length;
    if (this.#chars > LONGEST_EVENT_CHARS) throw new Error("an event is larger than 1 MiB");
    const [field, value] = splitField(line);
    if (field === "data") this.#data.push(value);
    if (field === "event") this.#event = value;
    if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #complete(): ServerSentEvent | undefined {
    const [event, data] = [this.#event, this.#data];
    this.#event = "";
    this.#data = [];
    this.#chars = 0;
    return data.length === 0 ? undefined : { id: this.#id, event: event || "message", data: data.join("\n") };
  }
}

// A comment (":" first) gives the empty field name, which nobody asks for.
function splitField(line: string): [field: string, value: string] {
  const colon = line.indexOf(":");
  if (colon === -1) return [line, ""];
  return [line.slice(0, colon), line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)];
}

async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(Buffer.from(chunk))).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_EVENT_CHARS) throw new Error("a line is longer than 1 MiB");
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}
