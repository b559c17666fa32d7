// Loaded into `holdgate upgrade` with --import: before each record of the journal that PAUSE_AT names by its kind, the
// run waits until its test says that it may go on.

import { once } from "node:events";
import { JournalFile } from "../../../src/upgrade/run/journal.ts";

// Called with its `this` below.
// oxlint-disable-next-line typescript/unbound-method
const { append } = JournalFile.prototype;

JournalFile.prototype.append = async function (entry) {
  const record = await append.call(this, entry);
  if (entry.type === process.env["PAUSE_AT"]) {
    process.send?.(record);
    await once(process, "message");
  }
  return record;
};
