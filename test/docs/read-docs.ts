// The pages that people read, as the tests of their contents need them.

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Page {
  /** From the root of the repository. */
  path: string;
  text: string;
}

export interface Block {
  page: string;
  /** `sh`, `yaml` …; empty when it has none. */
  language: string;
  text: string;
}

/** All that is written for people. */
export function pages(): Page[] {
  const paths = globSync(["README.md", "docs/**/*.md", "examples/**/*.md", "bench/*.md"], {
    cwd: ROOT,
    exclude: ["**/node_modules/**"],
  });
  return paths.toSorted().map((path) => ({ path, text: readFileSync(`${ROOT}${path}`, "utf8") }));
}

/** The fenced blocks of a page, in order. */
export function blocks({ path, text }: Page): Block[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = "", content = ""]) => ({
    page: path,
    language,
    text: content,
  }));
}

export function withoutBlocks(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, "");
}
