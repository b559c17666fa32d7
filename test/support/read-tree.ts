import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Every file below the directory with its content, byte for byte; sockets by their name only. */
export async function readTree(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map(async (entry): Promise<[string, string]> => {
      const path = join(entry.parentPath, entry.name);
      return [relative(directory, path), entry.isFile() ? await readFile(path, "latin1") : ""];
    });
  return Object.fromEntries(await Promise.all(files));
}
