// A real nginx with the example configuration, in a directory of its own, until it is stopped.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleConfig, type ExamplePlaces } from "./example-config.ts";
import { listen } from "../support/listen.ts";

const START_TIMEOUT_MS = 10_000;

export class RunningNginx {
  readonly places: ExamplePlaces;
  /** The self-signed certificate, for clients to trust. */
  readonly certificateAuthority: string;
  readonly #directory: string;
  readonly #process: ChildProcess;
  #said = "";

  static async start(upstreamPort: number): Promise<RunningNginx> {
    const directory = mkdtempSync(join(tmpdir(), "holdgate-nginx-"));
    const places = {
      httpPort: await freePort(),
      httpsPort: await freePort(),
      upstreamPort,
      ...makeCertificate(directory),
    };
    writeFileSync(join(directory, "nginx.conf"), exampleConfig(directory, places));
    const nginx = new RunningNginx(directory, places);
    await nginx.#listening();
    return nginx;
  }

  private constructor(directory: string, places: ExamplePlaces) {
    this.#directory = directory;
    this.places = places;
    this.certificateAuthority = readFileSync(places.certificate, "utf8");
    this.#process = spawn("nginx", ["-p", directory, "-c", join(directory, "nginx.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await exited;
    }
    rmSync(this.#directory, { recursive: true });
  }

  /** nginx listens before it announces its event method, so a client that connects after that line is served. */
  async #listening(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (why: string) => reject(new Error(`nginx ${why} with nginx.example.conf: ${this.#said}`));
    const deadline = setTimeout(giveUp, START_TIMEOUT_MS, "did not start in time");
    this.#process.once("exit", () => giveUp("ended"));
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#said += chunk.toString();
      if (this.#said.includes("event method")) resolve();
    });
    await promise.finally(() => clearTimeout(deadline));
  }
}

/** nginx cannot report a port it chose itself, so one that is free just now is picked for it. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

function makeCertificate(directory: string): { certificate: string; certificateKey: string } {
  const certificate = join(directory, "certificate.pem");
  const certificateKey = join(directory, "key.pem");
  const names = "subjectAltName=DNS:chat.example.com,DNS:localhost,IP:127.0.0.1";
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ].concat(
      ["-subj", "/CN=chat.example.com", "-addext", names],
      ["-keyout", certificateKey, "-out", certificate],
    ),
    { stdio: "ignore" },
  );
  return { certificate, certificateKey };
}
