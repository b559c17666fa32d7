import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { pages, withoutBlocks } from "./read-docs.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const all = pages();

/** As the usual renderers make it of a heading. */
function anchor(heading: string): string {
  const plain = heading.replaceAll(/[`*]|\]\([^)]*\)|\[/g, "").toLowerCase();
  return plain
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

function anchorsOf(path: string): Set<string> {
  const text = all.find((page) => page.path === path)?.text ?? "";
  return new Set([...withoutBlocks(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchor(heading)));
}

test.each(all)("$path leads only to files and headings that are there", ({ path, text }) => {
  const links = [...withoutBlocks(text).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    const [file = "", heading] = link.split("#");
    const target = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(ROOT, target))) return true;
    return heading !== undefined && !anchorsOf(target).has(heading);
  });
  expect(broken).toEqual([]);
});
