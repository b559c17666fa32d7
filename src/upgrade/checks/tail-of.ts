import { open } from "node:fs/promises";

/** The end of a file, without the space around it. */
export async function tailOf(path: string, bytes: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, bytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8").trim();
  } finally {
    await file.close();
  }
}
