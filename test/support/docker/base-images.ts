// What the images of the tests stand on: busybox, and Node on busybox, from the binaries of this machine.

import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { assembleImage, type ImageParts, type LayerEntry, makeLayer } from "./image-parts.ts";

const WITH_NODE = fileURLToPath(new URL("../../../bin/with-node", import.meta.url));
const PATH = "PATH=/usr/local/bin:/usr/bin:/bin";

/** The layers are made once in each test process: hashing the Node binary takes its third of a second. */
let busybox: Promise<ImageParts> | undefined;
let node: Promise<ImageParts> | undefined;

/** All applets in /bin, /bin/sh among them; users root and app (1000). */
export function busyboxParts(): Promise<ImageParts> {
  busybox ??= makeBusybox();
  return busybox;
}

/** Busybox and /usr/local/bin/node, the one that runs the tests, which takes `.ts` files. */
export function nodeParts(): Promise<ImageParts> {
  node ??= makeNode();
  return node;
}

async function makeBusybox(): Promise<ImageParts> {
  const binary = run("sh", ["-c", "command -v busybox"]);
  const applets = run("busybox", ["--list"]).split("\n");
  const layer = await makeLayer([
    { path: "root", mode: 0o755 },
    { path: "tmp", mode: 0o1777 },
    { path: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/tmp:/bin/sh\n" },
    { path: "etc/group", content: "root:x:0:\napp:x:1000:\n" },
    { path: "etc/nsswitch.conf", content: "hosts: files dns\n" },
    { path: "bin/busybox", content: await readFile(binary) },
    ...applets.filter((name) => name !== "busybox").map((name) => link(`bin/${name}`, "busybox")),
    link("usr/bin/env", "/bin/busybox"),
    ...(await librariesOf(binary)),
  ]);
  return assembleImage(null, [layer], { Env: [PATH], Cmd: ["/bin/sh"], WorkingDir: "/" });
}

async function makeNode(): Promise<ImageParts> {
  const base = await busyboxParts();
  const binary = run(WITH_NODE, ["-p", "process.execPath"]);
  const content = await readFile(binary);
  const layer = await makeLayer([...(await librariesOf(binary)), { path: "usr/local/bin/node", content }]);
  return assembleImage(base, [layer], { Env: ["NODE_NO_WARNINGS=1"], Cmd: ["node"] });
}

/** The shared libraries and the loader, at the places where the program looks for them; none for a static one. */
async function librariesOf(binary: string): Promise<LayerEntry[]> {
  const listing = spawnSync("ldd", [binary], { encoding: "utf8" }).stdout;
  const paths = [...listing.matchAll(/(?:=> |^\s+)(\/\S+)/gm)].flatMap(([, path = ""]) => path);
  return Promise.all(paths.map(async (path) => ({ path, content: await readFile(path) })));
}

function link(path: string, linkTo: string): LayerEntry {
  return { path, linkTo };
}

function run(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8" }).trim();
}
