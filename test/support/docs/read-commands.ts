// The commands of a page in docs/, as a reader would type them: its ```sh blocks, by the heading above them.

import { readFile } from "node:fs/promises";

const DOCS = new URL("../../../docs/", import.meta.url);

type Blocks<Count extends number, Read extends string[] = []> = Read["length"] extends Count
  ? Read
  : Blocks<Count, [...Read, string]>;

/**
 * The blocks below one heading (up to the next of any level), in order.
 * @param count how many there are, so that none is left out of a test by mistake.
 */
export async function readCommands<const Count extends number>(
  page: string,
  heading: string,
  count: Count,
): Promise<Blocks<Count>> {
  const text = await readFile(new URL(page, DOCS), "utf8");
  const sections = text.split(/^#{1,6} /m);
  const section = sections.find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  if (hasLength(blocks, count)) return blocks;
  throw new Error(`docs/${page} has ${blocks.length} blocks of commands below "${heading}", not ${count}`);
}

function hasLength<Count extends number>(blocks: string[], count: Count): blocks is Blocks<Count> & string[] {
  return blocks.length === count;
}
