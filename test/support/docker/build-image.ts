// `docker build` without its program: a Dockerfile and its context, sent to the engine.

import { spawn } from "node:child_process";
import { callEngine } from "./call-engine.ts";

export interface ImageBuild {
  /** `name:tag` */
  ref: string;
  directory: string;
  /** Of the directory, the Dockerfile among them. */
  files: readonly string[];
  args: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
}

export async function buildImage({ ref, directory, files, args, labels = {} }: ImageBuild): Promise<void> {
  // Owned by root and dated 1970, so that the engine's cache knows the files again.
  const flags = ["--owner=0", "--group=0", "--mtime=@0", "--sort=name"];
  const tar = spawn("tar", ["-c", ...flags, "-C", directory, ...files], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const query = new URLSearchParams({
    t: ref,
    buildargs: JSON.stringify(args),
    labels: JSON.stringify(labels),
    rm: "1",
    forcerm: "1",
  });
  const { status, body } = await callEngine("POST", `/build?${query.toString()}`, tar.stdout);
  const output = body.toString();
  if (status !== 200 || output.includes('"errorDetail"')) {
    throw new Error(`the Dockerfile of ${ref} does not build: ${output.slice(-2000)}`);
  }
}
