// Which form and which language an answer of ours takes (RFC 9110 §12.5.1, §12.5.4). The answer itself
// is never refused with 406: a client that accepts nothing we have gets a line of text.

import { LANGUAGES, type Language } from "./texts.ts";

export type Form = "html" | "problem" | "text" | "eventStream";

interface Weighted {
  value: string;
  quality: number;
}

interface Match {
  form: Form;
  quality: number;
  /** 3: the type is named; 2: `type/*`; 1: `*` for both. */
  specificity: number;
  position: number;
}

// Where a client leaves it open (`*/*`, as fetch and curl send), the earlier form is taken: it most likely is
// a program, since browsers name text/html when a person is to see the answer.
const FORMS: readonly Form[] = ["problem", "html", "text", "eventStream"];

/** Whether a range names the form. An `application/…+json` client reads any JSON. */
const NAMED_BY: Record<Form, (range: string) => boolean> = {
  problem: (range) => range === "application/json" || /^application\/.+\+json$/.test(range),
  html: (range) => range === "text/html" || range === "application/xhtml+xml",
  text: (range) => range === "text/plain",
  eventStream: (range) => range === "text/event-stream",
};

export function negotiateForm(accept: string | undefined): Form {
  const ranges = weightedList(accept ?? "*/*");
  const matches = FORMS.map((form) => bestMatch(form, ranges)).filter((match) => match.quality > 0);
  matches.sort((a, b) => b.quality - a.quality || b.specificity - a.specificity || a.position - b.position);
  return matches[0]?.form ?? "text";
}

/** Regions and scripts are not told apart: `de-AT` is German. */
export function negotiateLanguage(acceptLanguage: string | undefined): Language {
  let best: Language = "en";
  let bestQuality = 0;
  for (const { value, quality } of weightedList(acceptLanguage ?? "")) {
    const primary = value.split("-", 1)[0];
    const language = LANGUAGES.find((known) => known === primary);
    if (language && quality > bestQuality) [best, bestQuality] = [language, quality];
  }
  return best;
}

// The most specific range that covers a form decides: `text/html;q=0, */*` excludes the page.
function bestMatch(form: Form, ranges: Weighted[]): Match {
  const best: Match = { form, quality: 0, specificity: 0, position: 0 };
  for (const [position, { value, quality }] of ranges.entries()) {
    const specificity = specificityOf(form, value);
    if (specificity === 0 || specificity < best.specificity) continue;
    if (specificity === best.specificity && quality <= best.quality) continue;
    Object.assign(best, { quality, specificity, position });
  }
  return best;
}

function specificityOf(form: Form, range: string): 0 | 1 | 2 | 3 {
  if (NAMED_BY[form](range)) return 3;
  // An event stream is for those who ask for one by name: nobody else expects a 200.
  if (form === "eventStream") return 0;
  if (range === (form === "problem" ? "application/*" : "text/*")) return 2;
  return range === "*/*" || range === "*" ? 1 : 0;
}

/** `a, b;q=0.5` in the client's order, lower case. Parameters other than q are dropped, malformed items too. */
function weightedList(header: string): Weighted[] {
  const list: Weighted[] = [];
  for (const item of header.toLowerCase().split(",")) {
    const [value = "", ...parameters] = item.split(";").map((part) => part.trim());
    const quality = qualityOf(parameters);
    if (value !== "" && quality !== null) list.push({ value, quality });
  }
  return list;
}

function qualityOf(parameters: string[]): number | null {
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  if (weight === undefined) return 1;
  const digits = weight.slice(2);
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(digits) ? Number(digits) : null;
}
