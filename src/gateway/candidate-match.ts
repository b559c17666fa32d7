// Whether a request asks for the candidate by a header or a cookie that the config names. Made anew with each snapshot;
// asked for each request only while there is a candidate.

import type { CandidateSettings } from "../config/settings.ts";
import type { RequestHead } from "../proxy/request-head.ts";
import { readCookie } from "./cookies.ts";

export class CandidateMatch {
  readonly #headers: readonly (readonly [name: string, value: string])[];
  readonly #cookies: readonly (readonly [prefix: string, value: string])[];
  /** No request can match. */
  readonly isEmpty: boolean;

  constructor({ headers, cookies }: CandidateSettings) {
    this.#headers = Object.entries(headers);
    this.#cookies = Object.entries(cookies).map(([name, value]) => [`${name}=`, value]);
    this.isEmpty = this.#headers.length + this.#cookies.length === 0;
  }

  matches(head: RequestHead): boolean {
    for (const [name, value] of this.#headers) if (head.header(name) === value) return true;
    if (this.#cookies.length === 0) return false;
    const sent = head.header("cookie");
    if (sent === undefined) return false;
    return this.#cookies.some(([prefix, value]) => readCookie(sent, prefix) === value);
  }
}
