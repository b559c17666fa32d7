// `/.holdgate/notice.js`: the script by which an app's page shows what is announced. public/notice.js is its text.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { LocalAnswer } from "../../proxy/local-answer.ts";

export const NOTICE_PATH = "/.holdgate/notice.js";

const SCRIPT = readFileSync(new URL("../../../public/notice.js", import.meta.url));
const ETAG = `"${createHash("sha256").update(SCRIPT).digest("base64url").slice(0, 22)}"`;

const HEADERS = {
  "Content-Type": "text/javascript; charset=utf-8",
  // Every visitor of the app asks for it; after an update of the gateway they have the new one within minutes.
  "Cache-Control": "public, max-age=300",
  ETag: ETAG,
  "X-Content-Type-Options": "nosniff",
};

export function noticeScriptAnswer(ifNoneMatch: string | undefined): LocalAnswer {
  const status = ifNoneMatch?.includes(ETAG) ? 304 : 200;
  return { status, headers: HEADERS, body: SCRIPT };
}
