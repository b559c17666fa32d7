// The table of all keys in the README, made from the schema that checks the file.

import { describeKeys, type DescribedKey } from "./describe-keys.ts";

const START = "<!-- keys:start -->";
const END = "<!-- keys:end -->";
const SERVICE = "services.<name>.";

/** The README with the table as it should be. Throws when it has no place for it. */
export function withKeyTable(readme: string): string {
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`README.md has no lines "${START}" and "${END}"`);
  return `${readme.slice(0, start + START.length)}\n\n${keyTable()}\n\n${readme.slice(end)}`;
}

function keyTable(): string {
  const keys = describeKeys().filter(isNoRepetition);
  const general = keys.filter(({ key }) => !key.startsWith(SERVICE));
  const ofService = keys
    .filter(({ key }) => key.startsWith(SERVICE))
    .map((described) => ({ ...described, key: described.key.slice(SERVICE.length) }));
  const heading = `Of each service, below \`${SERVICE.slice(0, -1)}\`:`;
  return [table(general), heading, table(ofService)].join("\n\n");
}

// What may be said again one level deeper (for one upstream, for one path) has no default there, and is
// explained by the key that it stands under.
function isNoRepetition(
  { key, default: written, description }: DescribedKey,
  _: number,
  all: DescribedKey[],
) {
  const repeats = (other: DescribedKey): boolean => other.key !== key && other.description === description;
  return written !== "" || !all.some(repeats);
}

function table(keys: DescribedKey[]): string {
  const rows = keys.map(({ key, default: written, description }) => {
    const value = written === "" ? "" : `\`${written}\``;
    return `| \`${key}\` | ${value} | ${description.replaceAll("|", "\\|")} |`;
  });
  return ["| key | default | |", "|---|---|---|", ...rows].join("\n");
}
