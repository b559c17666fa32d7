// Every line of the docs that begins with `holdgate` is one that the command line understands.

import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { buildProgram } from "../../src/cli/build-program.ts";
import { Invocation } from "../../src/cli/invocation.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { blocks, pages } from "./read-docs.ts";

const SHELL = new Set(["sh", "bash", "console"]);
const commands = pages()
  .flatMap(blocks)
  .filter(({ language }) => SHELL.has(language))
  .flatMap(({ page, text }) =>
    linesOf(text)
      .flatMap(holdgateCalls)
      .map((call) => ({ page, call })),
  );

test("the docs are read", () => {
  expect(commands.length).toBeGreaterThan(30);
});

test.each(commands)("$page: $call", async ({ call }) => {
  await expect(understand(wordsOf(call).slice(1))).resolves.toBe("understood");
});

async function understand(args: string[]): Promise<string> {
  const invocation = new Invocation({
    terminal: new Terminal(new PassThrough(), new PassThrough()),
    env: {},
    clock: new ManualClock(),
  });
  const program = buildProgram(invocation);
  doNothing(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return "understood";
  } catch (error) {
    const code = error instanceof Error && "exitCode" in error ? error.exitCode : 1;
    return code === 0 ? "understood" : String(error);
  }
}

/** The grammar stays, what it leads to goes. */
function doNothing(command: Command): void {
  if (command.commands.length === 0 || command.registeredArguments.length > 0) command.action(() => {});
  for (const each of command.commands) doNothing(each);
}

function linesOf(text: string): string[] {
  return text.replaceAll("\\\n", " ").split("\n");
}

/** `bin/holdgate hold --wait # …` out of whatever stands around it. */
function holdgateCalls(line: string): string[] {
  return line
    .replace(/(^|\s)#.*$/, "")
    .replaceAll(/\s\d?>+\s*(?:&\d|\S+)/g, "")
    .split(/&&|\|\||[;|&]/)
    .map((part) => /(?:^|\s)((?:bin\/|\.\/bin\/)?holdgate(?:\s.*)?)$/.exec(part.trim())?.[1] ?? "")
    .filter((call) => /^\S+\s+[a-z-]/.test(call) && isACall(line));
}

/** `docker build -t holdgate .`, `systemctl start holdgate` and the like only name it. */
function isACall(line: string): boolean {
  return !/^\s*(?:sudo )?(?:docker (?:build|run|volume|stop|rm|logs)|systemctl|journalctl|useradd|npm|chown|install|mkdir|cp)\b/.test(
    line,
  );
}

function wordsOf(call: string): string[] {
  return [...call.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
