// An answer that the gateway gives by itself, without an upstream.

export interface LocalAnswer {
  status: number;
  /** Written as they stand. The engine adds Content-Length, Date and Connection. */
  headers: Record<string, string>;
  body: string | Buffer;
}
