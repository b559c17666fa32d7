// Every configuration and every plan in the docs is one that is accepted.

import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../src/config/parse-config.ts";
import { checkPlan } from "../../src/upgrade/plan/read-plan.ts";
import { type Block, blocks, pages } from "./read-docs.ts";

const yaml = pages()
  .flatMap(blocks)
  .filter(({ language }) => language === "yaml");

const UPSTREAMS = "    upstreams: { blue: http://127.0.0.1:3000, green: http://127.0.0.1:3001 }\n";
const PLAN = `name: chat
vars: { version: "2.0" }
targets:
  app: { container: chat-app, port: 8080 }
  db: { container: chat-db }
`;
const DUMP = `  - id: dump
    backup: { exec: { target: db, command: [pg_dump] }, to: chat.dump }
`;

const configs = yaml.flatMap((block) => asConfig(block));
const plans = yaml.flatMap((block) => asPlan(block));

test("the docs are read", () => {
  expect(configs.length).toBeGreaterThan(5);
  expect(plans.length).toBeGreaterThan(8);
});

test.each(configs)("$page: this configuration is accepted\n$text", ({ page, text }) => {
  expect(() => parseConfig(text, page, {})).not.toThrow();
});

test.each(plans)("$page: this plan is accepted\n$text", ({ page, text }) => {
  expect(() => checkPlan(text, page, { version: "2.0" })).not.toThrow();
});

/** A whole file, the top of one, or what stands below a service. */
function asConfig({ page, text }: Block): Block[] {
  const own = (whole: string): Block[] => [{ page, language: "yaml", text: whole }];
  if (/^ {2}- /m.test(text)) return [];
  if (/^ {4}\w/m.test(text) && !/^\S/m.test(text.replaceAll(/^#.*$/gm, ""))) {
    const upstreams = text.includes("    upstreams:") ? "" : UPSTREAMS;
    return own(`services:\n  chat:\n${upstreams}${text}`);
  }
  if (!/^(?:services|listen|trustedProxies|admin|accessLog|webhooks):/m.test(text)) return [];
  if (isComposeFile(text)) return [];
  if (!/^services:/m.test(text)) return own(`${text}services:\n  chat:\n${UPSTREAMS}`);
  return own(text.includes("upstreams:") ? text : text.replace(/^( {2}\w+):\n/m, `$1:\n${UPSTREAMS}`));
}

function isComposeFile(text: string): boolean {
  const data: unknown = parse(text, { logLevel: "silent" });
  return /^\s+(?:image|ports|build):/m.test(text) && typeof data === "object";
}

/** A whole plan, its beginning, a list of steps or some of them. */
function asPlan({ page, text }: Block): Block[] {
  const own = (whole: string): Block[] => [{ page, language: "yaml", text: whole }];
  if (/^steps:/m.test(text)) return own(/^name:/m.test(text) ? text : `${PLAN}${text}`);
  if (/^name:/m.test(text)) return own(`${text}steps:\n  - wait: 1s\n`);
  if (/^schema:/m.test(text)) return own(`${PLAN}${text}steps:\n  - wait: 1s\n`);
  if (!/^ {2}- (?:id|[a-z]+):/m.test(text) || /^\S/m.test(text)) return [];
  return own(`${PLAN}steps:\n${text.includes("from: dump") ? DUMP : ""}${text}`);
}
