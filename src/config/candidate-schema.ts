// The headers and cookies that lead to the candidate before it is active.

import { z } from "zod";
import { section } from "./section.ts";
import { text } from "./values.ts";

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** What every request has, what never reaches an upstream, or what is looked at as a cookie. */
const UNFIT = "host|cookie|connection|upgrade|te|keep-alive|transfer-encoding|content-length|expect";

const headerName = text(
  "expected the name of a header such as X-Holdgate-Version; Host and Cookie have keys of their own",
  new RegExp(`^(?!(?:${UNFIT})$)${TOKEN}$`, "iu"),
);
const headerValue = text(
  "expected a value of visible characters, such as candidate",
  /^[!-~]+(?: +[!-~]+)*$/u,
);
const cookieName = text(
  "expected the name of a cookie such as preview; names with holdgate_ are the gateway's own",
  new RegExp(`^(?!holdgate_)${TOKEN}$`, "u"),
);
const cookieValue = text(
  "expected a cookie's value without spaces, quotes, commas and semicolons",
  /^(?:(?![",;\\])[!-~])+$/u,
);

export const candidateSchema = section({
  headers: pairs(headerName, headerValue, "expected a mapping such as { X-Holdgate-Version: candidate }")
    .transform(inLowerCase)
    .prefault({})
    .describe("A request with one of these headers, and exactly this value, goes to the candidate."),
  cookies: pairs(cookieName, cookieValue, "expected a mapping such as { preview: candidate }")
    .prefault({})
    .describe("The same for cookies; a browser sends them with everything it loads."),
});

function pairs(name: z.ZodType<string, string>, value: z.ZodType<string>, error: string) {
  return z.record(name, value, { error });
}

// Names of headers are compared so. Two spellings of one name would leave it to chance which value counts.
function inLowerCase(headers: Record<string, string>, context: z.RefinementCtx): Record<string, string> {
  const lowered: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (Object.hasOwn(lowered, name.toLowerCase())) {
      const message = "stands here twice, in two spellings; expected each header once";
      context.issues.push({ code: "custom", message, input: value, path: [name] });
    }
    lowered[name.toLowerCase()] = value;
  }
  return lowered;
}
