// A registry in the test process (OCI Distribution, the reading half). The engine takes 127.0.0.0/8 as it is, without
// TLS, so real pulls work; images are pushed into it by a call, and it misbehaves on demand.
//
// The layers are served uncompressed, so that the digest of a layer is its `diffId`.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { listen } from "../listen.ts";
import { digestOf, type ImageParts } from "./image-parts.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

export interface RegistryRequest {
  method: string;
  path: string;
  status: number;
}

export interface Credentials {
  username: string;
  password: string;
}

/** A layer of which the first half has been sent; the other half follows when the test says so. */
export interface SlowLayer {
  /** Resolves when the engine has been sent the first half. */
  reached: Promise<void>;
  release(): void;
}

type BlobFault =
  | { kind: "slow"; onHalf: () => void; released: Promise<void> }
  | { kind: "cut"; timesLeft: number }
  | { kind: "corrupt" };

interface Blob {
  type: string;
  size: number;
  chunks: readonly Buffer[];
}

export class TestRegistry {
  /** Of all that has been answered, in order. */
  readonly requests: RegistryRequest[] = [];
  /** Asked of every request when they are set. */
  credentials: Credentials | null = null;
  /** What every request for a manifest is answered with instead, for as long as it is set. */
  manifestStatus: 500 | 503 | 429 | null = null;
  /** `127.0.0.1:34567` */
  host = "";
  readonly #server: Server;
  readonly #blobs = new Map<string, Blob>();
  /** By `repository:tag`. */
  readonly #tags = new Map<string, string>();
  readonly #faults = new Map<string, BlobFault>();

  private constructor() {
    this.#server = createServer((request, response) => {
      // An answer that breaks off is what some tests are about; the engine notices.
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<TestRegistry> {
    const registry = new TestRegistry();
    registry.host = `127.0.0.1:${await listen(registry.#server)}`;
    return registry;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A tag that exists is moved. */
  push(repository: string, tag: string, image: ImageParts): { ref: string; digest: string } {
    const config = this.#addBlob(CONFIG, [image.configJson]);
    const layers = image.layers.map(({ chunks, diffId }) => this.#addBlob(LAYER, chunks, diffId));
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers });
    const { digest } = this.#addBlob(MANIFEST, [Buffer.from(manifest)]);
    this.#tags.set(`${repository}:${tag}`, digest);
    return { ref: this.ref(repository, tag), digest };
  }

  ref(repository: string, tag: string): string {
    return `${this.host}/${repository}:${tag}`;
  }

  slowLayer(diffId: string): SlowLayer {
    const half = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    this.#faults.set(diffId, { kind: "slow", onHalf: half.resolve, released: gate.promise });
    return { reached: half.promise, release: gate.resolve };
  }

  /** Cuts the connection in the middle of the layer. The engine tries again, after 5 s and then ever later. */
  cutLayer(diffId: string, times = 1): void {
    this.#faults.set(diffId, { kind: "cut", timesLeft: times });
  }

  /** Of the right length, and with one byte wrong. */
  corruptLayer(diffId: string): void {
    this.#faults.set(diffId, { kind: "corrupt" });
  }

  countOf(part: string): number {
    return this.requests.filter(({ path }) => path.includes(part)).length;
  }

  #addBlob(type: string, chunks: readonly Buffer[], known?: string) {
    const digest = known ?? digestOf(Buffer.concat(chunks));
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#blobs.set(digest, { type, size, chunks });
    return { mediaType: type, digest, size };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url: path = "/" } = request;
    response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
    response.on("close", () => this.requests.push({ method, path, status: response.statusCode }));
    if (!this.#isAllowed(request)) {
      response.setHeader("WWW-Authenticate", 'Basic realm="holdgate"');
      return refuse(response, 401, "UNAUTHORIZED", "authentication required");
    }
    if (path === "/v2/") return void response.end("{}");
    const [, repository = "", kind, name = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    if (kind === "manifests" && this.manifestStatus !== null) {
      return refuse(response, this.manifestStatus, "UNKNOWN", "the registry is in trouble");
    }
    const digest = name.startsWith("sha256:") ? name : this.#tags.get(`${repository}:${name}`);
    const blob = digest === undefined ? undefined : this.#blobs.get(digest);
    if (digest === undefined || blob === undefined) {
      return refuse(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    }
    await this.#serve(request, response, digest, blob);
  }

  #isAllowed({ headers }: IncomingMessage): boolean {
    if (this.credentials === null) return true;
    const { username, password } = this.credentials;
    const expected = Buffer.from(`${username}:${password}`).toString("base64");
    return headers.authorization === `Basic ${expected}`;
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    digest: string,
    blob: Blob,
  ): Promise<void> {
    const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    response.statusCode = start > 0 ? 206 : 200;
    response.setHeader("Content-Type", blob.type);
    response.setHeader("Docker-Content-Digest", digest);
    response.setHeader("Accept-Ranges", "bytes");
    response.setHeader("Content-Length", blob.size - start);
    if (start > 0) response.setHeader("Content-Range", `bytes ${start}-${blob.size - 1}/${blob.size}`);
    if (request.method === "HEAD") return void response.end();
    await pipeline(Readable.from(this.#content(digest, blob, start)), response);
  }

  async *#content(digest: string, blob: Blob, start: number): AsyncGenerator<Buffer> {
    const fault = this.#faults.get(digest);
    let at = 0;
    for (const whole of blob.chunks) {
      const chunk = whole.subarray(Math.max(0, start - at));
      at += whole.length;
      const holdsMiddle = at >= blob.size / 2 && at - chunk.length < blob.size / 2;
      yield* holdsMiddle && fault !== undefined ? misbehave(fault, chunk) : [chunk];
    }
  }
}

/** The middle of a layer, as the fault wants it. */
async function* misbehave(fault: BlobFault, chunk: Buffer): AsyncGenerator<Buffer> {
  const half = chunk.subarray(0, chunk.length / 2);
  const rest = chunk.subarray(half.length);
  switch (fault.kind) {
    case "corrupt":
      yield half;
      yield Buffer.concat([Buffer.from([rest.readUInt8(0) ^ 0xff]), rest.subarray(1)]);
      return;
    case "cut":
      yield half;
      if (fault.timesLeft > 0) {
        fault.timesLeft -= 1;
        throw new Error("cut");
      }
      yield rest;
      return;
    case "slow":
      yield half;
      fault.onHalf();
      await fault.released;
      yield rest;
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
