// One call to the engine: what is asked, and how it is named when it goes wrong.

import type { Readable } from "node:stream";

export interface EngineCall {
  /** For messages: `stop container chat-server (3f2a91c07d5e)`. */
  what: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Without the version; its parts are encoded already. */
  path: string;
  query?: Record<string, string | number | boolean>;
  body?: object;
  /** Sent as the body; destroyed when the call ends before it does. */
  upload?: Readable;
  headers?: Record<string, string>;
  /** The engine asks a registry, whose refusals come in many dresses. */
  asksRegistry?: boolean;
  /** Never shown, should the engine repeat them. */
  secrets?: readonly string[];
  signal?: AbortSignal | undefined;
}

/** A name or an id as one part of a path. */
export function pathPart(text: string): string {
  return encodeURIComponent(text);
}

/** The name of an image as a path: its slashes are the path's own. */
export function imagePath(ref: string): string {
  return ref.split("/").map(encodeURIComponent).join("/");
}
