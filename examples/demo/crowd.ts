// All chatters of one act: they meet, talk, fall silent, and then everything is counted.

import { Chatter } from "./chatter.ts";
import { makeReport, type Report, type StoredMessage } from "./report.ts";
import { Tally } from "./tally.ts";

export interface CrowdOptions {
  /** Where the app is, as `http://host:port`. */
  url: string;
  room: string;
  names: readonly string[];
  /** The mean pause of a chatter between two messages. */
  paceMs: number;
}

// A listener that has not heard the last message by then will not hear it.
const LISTENING_DEADLINE_MS = 10_000;

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #tally = new Tally();
  readonly #sinceId: number;
  readonly #chatters: readonly Chatter[];

  static async gather(options: CrowdOptions): Promise<Crowd> {
    const newest = await fetchMessages(options, "last=1");
    return new Crowd(options, newest.at(-1)?.id ?? 0);
  }

  private constructor(options: CrowdOptions, sinceId: number) {
    const { names, ...rest } = options;
    this.#options = options;
    this.#sinceId = sinceId;
    this.#chatters = names.map((name) => new Chatter({ ...rest, name, sinceId, tally: this.#tally }));
  }

  /** How many requests have failed so far. */
  get failed(): number {
    return this.#tally.failed;
  }

  /** Lets everybody finish and listen to the end, then compares with what the app has stored. */
  async settle(): Promise<Report> {
    await Promise.all(this.#chatters.map((chatter) => chatter.fallSilent()));
    const stored = await fetchMessages(this.#options, `after=${this.#sinceId}`);
    const ears = this.#chatters.flatMap((chatter) => chatter.ears);
    const deadline = AbortSignal.timeout(LISTENING_DEADLINE_MS);
    await Promise.all(ears.map((ear) => ear.until(stored.at(-1)?.id ?? 0, deadline)));
    await this.leave();
    return makeReport(this.#tally, stored, ears);
  }

  async leave(): Promise<void> {
    await Promise.all(this.#chatters.map((chatter) => chatter.leave()));
  }
}

async function fetchMessages({ url, room }: CrowdOptions, query: string): Promise<StoredMessage[]> {
  const response = await fetch(`${url}/api/rooms/${room}/messages?${query}`);
  if (!response.ok)
    throw new Error(`the chat app answered ${response.status} when its messages were counted`);
  const messages: unknown = await response.json();
  if (!Array.isArray(messages)) throw new Error("the chat app's list of messages is no list");
  return messages.map(({ id, key }) => ({ id: Number(id), key: key === null ? null : String(key) }));
}
