// dlms-processor and utilitarian-poster: take a reading from one place and give it to the next, the poster to the API.
// What the next place refuses is given again; on SIGTERM the reading at hand is finished.

import { setTimeout as pause } from "node:timers/promises";

const FROM = process.env["FROM"] ?? "";
const TO = process.env["TO"] ?? "";
const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());

console.log(`moves readings from ${FROM} to ${TO}`);
while (!stopping.signal.aborted) {
  if (!(await moveOne())) await pause(20);
}
console.log("stopped");

/** False when there was none. */
async function moveOne(): Promise<boolean> {
  const answer = await fetch(FROM);
  if (answer.status !== 200) return false;
  await give(await answer.text());
  await fetch(FROM, { method: "DELETE" });
  return true;
}

async function give(reading: string): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  for (;;) {
    const status = await fetch(TO, { method: "POST", headers, body: reading }).then(
      (answer) => answer.status,
      (error: unknown) => String(error),
    );
    if (status === 201) return;
    console.log(`refused ${reading}: ${status}`);
    await pause(100);
  }
}
