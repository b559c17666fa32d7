// Loaded into `holdgate upgrade` with --import: ends its process as kill -9 does, at one record of the journal.
//
//   KILL_AT=12:before      the effect has happened, and the twelfth record, which is to say so, is not written
//   KILL_AT=12:after       it is durable, and nothing has happened since
//   KILL_AT=done:before    the same with the first record of a kind
//   KILL_AT=done/x:before  the same with a record by its name, as record-name.ts has it

import { JournalFile } from "../../../src/upgrade/run/journal.ts";
import { recordName } from "./record-name.ts";

const killAt = process.env["KILL_AT"] ?? "";
const colon = killAt.lastIndexOf(":");
const [wanted, moment] = [killAt.slice(0, Math.max(colon, 0)), killAt.slice(colon + 1)];
// Called with its `this` below.
// oxlint-disable-next-line typescript/unbound-method
const { append } = JournalFile.prototype;
let records = 0;

JournalFile.prototype.append = async function (entry) {
  records += 1;
  const isIt = [String(records), entry.type, recordName(entry)].includes(wanted);
  if (isIt && moment === "before") process.kill(process.pid, "SIGKILL");
  const record = await append.call(this, entry);
  if (isIt) process.kill(process.pid, "SIGKILL");
  return record;
};
