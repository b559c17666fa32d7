// The small page of a failed request. It stays until the visitor acts: unlike in maintenance, the request may have
// reached the service, and repeating it is not ours to decide.

import { escapeHtml, policyFor } from "./page.ts";
import type { Language, Notice } from "./texts.ts";

export interface ErrorPageValues {
  language: Language;
  notice: Notice;
  detail: string | null;
  status: number;
  /** Null: it would be of no use. */
  tryAgain: string | null;
}

const STYLE = `
:root { color-scheme: light dark; --paper: #f6f7f9; --ink: #1c2430; --soft: #5a6676; --accent: #2f6f8f }
@media (prefers-color-scheme: dark) {
  :root { --paper: #12171e; --ink: #e8edf3; --soft: #9aa7b6; --accent: #7fc4e3 }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, sans-serif }
main { max-width: 32rem; padding: 2rem; box-sizing: border-box }
h1 { font-size: 1.75rem; line-height: 1.25; font-weight: 600; margin: 0 0 1rem; text-wrap: balance }
p { margin: 0 0 1rem; overflow-wrap: anywhere }
small { color: var(--soft) }
a { color: var(--accent) }
`;

const POLICY = policyFor(`<style>${STYLE}</style>`);

export function errorPage(values: ErrorPageValues): { html: string; contentSecurityPolicy: string } {
  const { language, notice, detail, status, tryAgain } = values;
  const heading = escapeHtml(notice.heading);
  const html = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${heading}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${heading}</h1>
<p>${escapeHtml(notice.explanation)}</p>
${
  tryAgain === null
    ? ""
    : `<p><a href="">${escapeHtml(tryAgain)}</a></p>
`
}<p><small>${status}${detail === null ? "" : ` · ${escapeHtml(detail)}`}</small></p>
</main>
</body>
</html>
`;
  return { html, contentSecurityPolicy: POLICY };
}
