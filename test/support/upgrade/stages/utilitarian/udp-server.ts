// dlms-udp-server, the edge: takes readings from meters, a datagram each, puts them into the queue, and only then tells
// the meter that it has them.

import { createSocket } from "node:dgram";

const QUEUE = process.env["QUEUE"] ?? "";

const socket = createSocket("udp4");
socket.on("message", (datagram, { address, port }) => {
  take(datagram.toString()).then(
    (id) => socket.send(id, port, address),
    (error: unknown) => console.log(`lost ${datagram.toString()}: ${String(error)}`),
  );
});
socket.bind(4059);
process.on("SIGTERM", () => process.exit(0));

async function take(id: string): Promise<string> {
  const body = JSON.stringify({ id, text: "a reading" });
  const { status } = await fetch(QUEUE, { method: "POST", body });
  if (status !== 201) throw new Error(`the queue answered ${status}`);
  return id;
}
