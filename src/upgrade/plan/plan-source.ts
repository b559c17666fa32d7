// The text of a plan as data, and its problems as lines with their place.

import { type KeyPath, type Problem, pathText } from "../../config/problem.ts";
import { YamlSource } from "../../config/yaml-source.ts";
import { PlanProblem } from "./plan-problem.ts";

interface Placed {
  line: number;
  column: number;
  place: string;
  text: string;
}

export class PlanSource {
  /** Undefined when it is no YAML. */
  readonly data: unknown;
  readonly #fileName: string;
  readonly #yaml: YamlSource;

  constructor(text: string, fileName: string) {
    this.#fileName = fileName;
    this.#yaml = new YamlSource(text);
    this.data = this.#yaml.data;
  }

  /** `upgrade.yaml:12:5 steps[3].replace.image` */
  placeOf(path: KeyPath): string {
    const { line, column } = this.#yaml.place(path);
    return this.#named(line, column, path);
  }

  /** A scalar as it stands in the file. */
  written(path: KeyPath): string | undefined {
    return this.#yaml.written(path);
  }

  /** All of them in the order of the file; undefined when there is none. */
  error(problems: readonly Problem[]): PlanProblem | undefined {
    const placed = [...this.#syntaxProblems(), ...problems.map((problem) => this.#placed(problem))];
    if (placed.length === 0) return undefined;
    const sorted = distinct(placed).toSorted(
      (one, other) => one.line - other.line || one.column - other.column,
    );
    return new PlanProblem(sorted.map(({ place, text }) => ({ place, text })));
  }

  #syntaxProblems(): Placed[] {
    return this.#yaml.syntaxProblems.map(({ place: { line, column }, text }) => {
      return { line, column, place: this.#named(line, column, []), text };
    });
  }

  #placed({ path, text }: Problem): Placed {
    const { line, column } = this.#yaml.place(path);
    return { line, column, place: this.#named(line, column, path), text };
  }

  #named(line: number, column: number, path: KeyPath): string {
    const at = `${this.#fileName}:${line}:${column}`;
    return path.length === 0 ? at : `${at} ${pathText(path)}`;
  }
}

// Two checks may find the same: a target beside an inline check is the step's and the check's.
function distinct(problems: readonly Placed[]): Placed[] {
  return [...new Map(problems.map((problem) => [`${problem.place} ${problem.text}`, problem])).values()];
}
