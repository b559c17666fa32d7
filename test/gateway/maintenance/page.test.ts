import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import { GatewayError } from "../../../src/lib/gateway-error.ts";
import { escapeHtml, loadPage, type PageValues } from "../../../src/gateway/maintenance/page.ts";

const directory = mkdtempSync(join(tmpdir(), "holdgate-page-"));
afterAll(() => rmSync(directory, { recursive: true }));

function pageFile(content: string | Buffer): string {
  const file = join(directory, "page.html");
  writeFileSync(file, content);
  return file;
}

function values(changes: Partial<PageValues>): PageValues {
  return {
    language: "en",
    heading: "",
    message: "",
    explanation: "",
    expectedEnd: "",
    expectedEndText: "",
    expectedEndMs: "",
    nowMs: 0,
    retryAfterMs: 0,
    refresh: 30,
    expectedEndLabel: "",
    overdueText: "",
    backText: "",
    offlineText: "",
    checkingText: "",
    refreshText: "",
    progressLabel: "",
    tryAgainText: "",
    ...changes,
  };
}

describe("an operator's page", () => {
  test("is filled in wherever it names a value, spaces or not", () => {
    const page = loadPage(pageFile('<html lang="{{language}}">{{ message }}|{{message}}'));
    expect(page.render(values({ message: "Hi" }))).toBe('<html lang="en">Hi|Hi');
  });

  test("is served as it is when it names none, without a policy that would break its assets", () => {
    const page = loadPage(pageFile("<p>{ {closed} }</p>"));
    expect(page.render(values({}))).toBe("<p>{ {closed} }</p>");
    expect(page.contentSecurityPolicy).toBeNull();
  });

  test("shows a message that looks like markup, or like a placeholder, as text", () => {
    const page = loadPage(pageFile('<p title="{{message}}">'));
    expect(page.render(values({ message: `"><script>'&{{nowMs}}` }))).toBe(
      '<p title="&#34;&#62;&#60;script&#62;&#39;&#38;{{nowMs}}">',
    );
  });

  test.each([
    ["is empty", "", "is empty"],
    [
      "is larger than a mebibyte",
      Buffer.alloc(1024 * 1024 + 1, 32),
      "has 1048577 bytes; at most 1048576 are allowed",
    ],
    ["is not UTF-8", Buffer.from([0x3c, 0xe4, 0x3e]), "is not UTF-8; save it in that encoding"],
    [
      "names an unknown value",
      "{{mesage}}",
      "uses {{mesage}}, which is unknown; there are language, heading, message,",
    ],
    [
      "puts a value into a script",
      '<script>\nvar text = "{{message}}"</script>',
      "uses {{message}} inside <script>; put it into a data- attribute and read it there",
    ],
    [
      "puts a value into a style sheet",
      "<STYLE media=all>{{heading}}</STYLE>",
      "uses {{heading}} inside <style>",
    ],
  ])("that %s is refused with its name", (_what, content, message) => {
    const file = pageFile(content);
    const refusal = refusalOf(file);
    expect(refusal.code).toBe("config_invalid");
    expect(refusal.message).toContain(`the maintenance page ${file} ${message}`);
  });

  test("that cannot be read is refused with its name and the reason", () => {
    const file = join(directory, "missing.html");
    const refusal = refusalOf(file);
    expect(refusal.code).toBe("config_invalid");
    expect(refusal.message).toContain(`the maintenance page ${file} cannot be read (ENOENT`);
    expect(refusalOf(directory).message).toContain("EISDIR");
  });
});

describe("the built-in page", () => {
  const source = readFileSync(new URL("../../../public/maintenance.html", import.meta.url), "utf8");

  test("may run exactly its own style and script, and ask only its own origin", () => {
    const hash = (tag: string) => {
      const text = source.slice(source.indexOf(`<${tag}>`) + tag.length + 2, source.indexOf(`</${tag}>`));
      return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    };
    expect(loadPage(null).contentSecurityPolicy).toBe(
      `default-src 'none'; style-src ${hash("style")}; script-src ${hash("script")}; connect-src 'self'; ` +
        "img-src data:; base-uri 'none'; form-action 'none'",
    );
  });

  test("is small and loads nothing: no reference but to itself", () => {
    expect(Buffer.byteLength(source)).toBeLessThan(12 * 1024);
    expect(source).not.toMatch(/(?:src|srcset|action)=|@import|url\(|\son\w+=/);
    expect([...source.matchAll(/href="([^"]*)"/g)].map((match) => match[1]?.slice(0, 5))).toEqual([
      "data:",
      "",
    ]);
  });
});

test("escaped text holds no character that could end an attribute or begin a tag", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(escapeHtml(text)).not.toMatch(/[<>"']/);
    }),
  );
});

function refusalOf(file: string): GatewayError {
  try {
    loadPage(file);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error(`${file} was accepted`);
}
