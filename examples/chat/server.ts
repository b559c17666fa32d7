// The chat app as a process: prints one JSON line when it is ready, ends on SIGTERM or SIGINT.

import { readChatOptions } from "./chat-options.ts";
import { startChat } from "./start-chat.ts";

export { startChat };

if (import.meta.main) await main();

async function main(): Promise<void> {
  try {
    const options = readChatOptions(process.argv.slice(2), process.env);
    const { host, port, close } = await startChat(options);
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void close());
    console.log(JSON.stringify({ listening: { host, port }, version: options.version }));
  } catch (error) {
    console.error(`chat: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
