// Whether a GraphQL document surely asks for a subscription, found out without a parser: only what stands outside all
// brackets is looked at. Whatever looks unusual is no proof; the server alone judges what is valid.

interface Operation {
  readonly kind: string;
  readonly name: string | null;
}

// Block texts, texts, names, comments; any other character for itself.
const TOKEN = /"""(?:\\"""|(?!""")[^])*"""|"(?!"")(?:[^"\\\r\n]|\\.)*"|[_A-Za-z][_0-9A-Za-z]*|#[^\r\n]*|[^]/g;
const IGNORED = /^(?:[\s,\uFEFF]|#)/;
const NAME = /^[_A-Za-z]/;
const OPERATIONS = new Set(["query", "mutation", "subscription"]);

/** `operationName`: as the client sent it; null or undefined: the document has one operation only. */
export function isSurelySubscription(document: string, operationName: unknown): boolean {
  const operations = operationsOf(document);
  if (operations === null) return false;
  const asked = operations.filter(({ name }) => operationName == null || name === operationName);
  return asked.length === 1 && asked[0]?.kind === "subscription";
}

/** Null: it cannot be told. */
function operationsOf(document: string): Operation[] | null {
  const definitions = headsOf(document);
  if (definitions === null) return null;
  const operations: Operation[] = [];
  for (const [first, second] of definitions) {
    if (first === "fragment") continue;
    if (first === undefined) operations.push({ kind: "query", name: null });
    else if (!OPERATIONS.has(first)) return null;
    else operations.push({ kind: first, name: second !== undefined && NAME.test(second) ? second : null });
  }
  return operations;
}

/** What stands before the brackets of each definition; all of them end with a selection in braces. */
function headsOf(document: string): string[][] | null {
  const heads: string[][] = [];
  let head: string[] = [];
  let depth = 0;
  for (const [token] of document.matchAll(TOKEN)) {
    if (token === '"') return null;
    if (isClosing(token)) depth -= 1;
    else if (depth === 0 && token !== "{" && !IGNORED.test(token)) head.push(token);
    if (isOpening(token)) depth += 1;
    if (depth < 0) return null;
    if (depth > 0 || token !== "}") continue;
    heads.push(head);
    head = [];
  }
  return depth === 0 && head.length === 0 ? heads : null;
}

function isOpening(token: string): boolean {
  return token === "{" || token === "(" || token === "[";
}

function isClosing(token: string): boolean {
  return token === "}" || token === ")" || token === "]";
}
