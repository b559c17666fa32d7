// Makes a running Node process collect its garbage, so that memory is compared and not the mood of the collector.

import { once } from "node:events";
import { WebSocket } from "ws";

/** Through the inspector that `NODE_OPTIONS=--inspect=127.0.0.1:PORT` opened. */
export async function collectGarbage(inspectorPort: number): Promise<void> {
  const inspector = new WebSocket(await debuggerUrl(inspectorPort));
  await once(inspector, "open");
  // The second run frees what finalizers of the first let go.
  for (const id of [1, 2]) {
    inspector.send(JSON.stringify({ id, method: "HeapProfiler.collectGarbage" }));
    await once(inspector, "message");
  }
  inspector.close();
  await once(inspector, "close");
}

async function debuggerUrl(inspectorPort: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`);
  const url = /"webSocketDebuggerUrl":\s*"([^"]+)"/.exec(await answer.text())?.[1];
  if (url === undefined) throw new Error(`no inspector on port ${inspectorPort}`);
  return url;
}
