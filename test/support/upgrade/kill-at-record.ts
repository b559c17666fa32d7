// Loaded into `holdgate upgrade` with --import: ends its process as kill -9 does, at one record of the journal.
//
//   KILL_AT=12:before      the effect has happened, and the twelfth record, which is to say so, is not written
//   KILL_AT=12:after       it is durable, and nothing has happened since
//   KILL_AT=done:before    the same with the first record of a kind

import { JournalFile } from "../../../src/upgrade/run/journal.ts";

const [wanted, moment] = (process.env["KILL_AT"] ?? "").split(":");
// Called with its `this` below.
// oxlint-disable-next-line typescript/unbound-method
const { append } = JournalFile.prototype;
let records = 0;

JournalFile.prototype.append = async function (entry) {
  records += 1;
  const isIt = wanted === String(records) || wanted === entry.type;
  if (isIt && moment === "before") process.kill(process.pid, "SIGKILL");
  const record = await append.call(this, entry);
  if (isIt) process.kill(process.pid, "SIGKILL");
  return record;
};
