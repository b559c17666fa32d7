// One rig's server as a process of its own, for what only a process can show: `rig-process.ts <rig> [port] [version]`.
// It says `{"listening":{"port":…}}` on a line, then talks by IPC with start-rig-process.ts. What it sends and receives
// is told before anything else is done: a process that is killed cannot be asked.

import type { PushCounter, Rig, RigServer } from "./rig.ts";

export type ToRigProcess =
  | {
      say: "push";
      id: number;
      clientId: string;
      /** The last number that any server has sent. */ after: number;
    }
  | { say: "stop" };

export type FromRigProcess =
  | { say: "pushing"; clientId: string; number: number }
  | { say: "pushed"; id: number; isHere: boolean }
  | { say: "received"; clientId: string; number: number }
  | { say: "counts"; connections: number; handshakes: number };

const COUNTS_EVERY_MS = 50;
const [, , name = "", port = "0", version = "1"] = process.argv;

const last = new Map<string, number>();
const counter: PushCounter = {
  next(clientId) {
    const number = (last.get(clientId) ?? 0) + 1;
    last.set(clientId, number);
    tell({ say: "pushing", clientId, number });
    return number;
  },
  taken: (clientId, number) => tell({ say: "received", clientId, number }),
};

const rig = await loadRig(name);
const server = await rig.startServer({ version, port: Number(port), pushed: counter });
process.on("message", (message: ToRigProcess) => obey(message, server));
setInterval(() => tell(countsOf(server)), COUNTS_EVERY_MS);
console.log(JSON.stringify({ listening: { port: server.port } }));

function obey(message: ToRigProcess, to: RigServer): void {
  switch (message.say) {
    case "push":
      last.set(message.clientId, Math.max(message.after, last.get(message.clientId) ?? 0));
      return tell({ say: "pushed", id: message.id, isHere: to.push(message.clientId) });
    case "stop":
      void to.stop().then(() => process.exit(0));
  }
}

function countsOf({ connections, handshakes }: RigServer): FromRigProcess {
  return { say: "counts", connections, handshakes };
}

function tell(message: FromRigProcess): void {
  process.send?.(message);
}

async function loadRig(rigName: string): Promise<Rig> {
  const module: { rig?: Rig } = await import(`./${rigName}-rig.ts`);
  if (module.rig === undefined) throw new Error(`${rigName}-rig.ts exports no rig`);
  return module.rig;
}
