// Run as a program by requirements.ts, which has to know at once: prints what the engine is, and with `--swarm` makes
// it a manager first when it belongs to no swarm. That swarm of one node listens on loopback only and stays, because
// the test files run side by side and none of them knows who is the last.

import { askEngine, callEngine } from "./call-engine.ts";

export interface FoundEngine {
  version: string;
  isManager: boolean;
}

interface Info {
  ServerVersion: string;
  OSType: string;
  Swarm: { LocalNodeState: string; ControlAvailable: boolean };
}

const look = (): Promise<Info> => askEngine("GET", "/info");

const wantsSwarm = process.argv.includes("--swarm");
let info = await look();
if (wantsSwarm && info.Swarm.LocalNodeState === "inactive") {
  const address = { ListenAddr: "127.0.0.1:2377", AdvertiseAddr: "127.0.0.1" };
  // A refusal is no matter: somebody else may have been faster, and the second look tells.
  await callEngine("POST", "/swarm/init", address);
  info = await look();
}
const found: FoundEngine = { version: info.ServerVersion, isManager: info.Swarm.ControlAvailable };
if (info.OSType !== "linux") throw new Error(`the engine runs ${info.OSType} containers`);
process.stdout.write(JSON.stringify(found));
