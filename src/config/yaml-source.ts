// The text of a file as data, with the line and column of every key.

import {
  type Document,
  LineCounter,
  type Node,
  type YAMLError,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
} from "yaml";
import type { KeyPath } from "./problem.ts";

export interface Place {
  line: number;
  /** Counted from 1, as editors do. */
  column: number;
}

export interface SyntaxProblem {
  place: Place;
  text: string;
}

// Anchors are for sharing a block between services; more uses than this are an attempt to exhaust memory.
const MOST_ALIASES = 100;

export class YamlSource {
  readonly syntaxProblems: SyntaxProblem[];
  /** Undefined when the syntax leaves no meaning to check. */
  readonly data: unknown;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      logLevel: "error",
      // A pretty error quotes the lines around it, and with them whatever secret stands there.
      prettyErrors: false,
    });
    const faults = [...this.#document.errors, ...this.#document.warnings];
    const unusable = this.#unusableNodes();
    this.syntaxProblems = [...faults.map((fault) => this.#fault(fault)), ...unusable];
    // A doubled key is a problem, but one that leaves the rest readable.
    const readable = unusable.length === 0 && faults.every(({ code }) => code === "DUPLICATE_KEY");
    this.data = readable ? this.#toData() : undefined;
  }

  /** Where the key that `path` ends with stands, or the nearest thing around it that exists. */
  place(path: KeyPath): Place {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const key of path) {
      const child: Child | undefined = childOf(this.#resolved(node), key);
      if (!child) break;
      offset = child.offset;
      node = child.node;
    }
    return this.#at(offset);
  }

  /** A scalar as it was written: of `1.10`, which as data is the number 1.1. Undefined for anything else. */
  written(path: KeyPath): string | undefined {
    let node: Node | null = this.#document.contents;
    for (const key of path) node = childOf(this.#resolved(node), key)?.node ?? null;
    const scalar = this.#resolved(node);
    return isScalar(scalar) ? scalar.source : undefined;
  }

  #toData(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown;
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      const text = `found too many uses of *aliases, expected at most ${MOST_ALIASES} in all`;
      this.syntaxProblems.push({ place: { line: 1, column: 1 }, text });
      return undefined;
    }
  }

  #fault({ code, message, pos }: YAMLError): SyntaxProblem {
    return {
      place: this.#at(pos[0]),
      text: FAULT_TEXTS[code] ?? `this is not YAML: ${withoutQuote(message)}`,
    };
  }

  #unusableNodes(): SyntaxProblem[] {
    const problems: SyntaxProblem[] = [];
    const report = (node: Node, text: string) => {
      problems.push({ place: this.#at(node.range?.[0] ?? 0), text });
    };
    visit(this.#document, {
      Alias: (_key, alias) => {
        if (!alias.resolve(this.#document)) report(alias, unresolvedAlias(alias.source));
      },
      Pair: (_key, { key }) => {
        // Objects made from it would have lost the key, and the key its check.
        if (isScalar(key) && key.value === "__proto__") report(key, "unknown key __proto__");
        if (isMap(key) || isSeq(key)) report(key, "found a list or mapping as a key, expected a name");
      },
    });
    return problems;
  }

  #resolved(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }

  #at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    // An empty file has no line 0 either.
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

const FAULT_TEXTS: Partial<Record<YAMLError["code"], string>> = {
  DUPLICATE_KEY: "this key stands twice in the same mapping; remove one",
  MULTIPLE_DOCS: "found a second document after ---, expected one document for each file",
  UNEXPECTED_TOKEN:
    "found text that YAML cannot place; put a value that starts with [, {, \" or ' wholly in quotes",
  TAB_AS_INDENT: "found a tab as indentation, expected spaces",
};

interface Child {
  offset: number;
  node: Node | null;
}

function childOf(node: Node | null, key: string | number): Child | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
    if (!pair || !isScalar(pair.key)) return undefined;
    return { offset: pair.key.range?.[0] ?? 0, node: isNode(pair.value) ? pair.value : null };
  }
  const item = isSeq(node) ? node.items[Number(key)] : undefined;
  return isNode(item) ? { offset: item.range?.[0] ?? 0, node: item } : undefined;
}

function unresolvedAlias(name: string): string {
  // The star of a wildcard host is YAML's sign for an alias.
  return name.startsWith(".")
    ? `a value that starts with * needs quotes: "*${name}"`
    : `found the alias *${name}, expected an anchor &${name} before it; or put a value that starts with * in quotes`;
}

// Some messages end with the piece of the source that they are about.
function withoutQuote(message: string): string {
  return message.replace(/: ".*$/s, "");
}
