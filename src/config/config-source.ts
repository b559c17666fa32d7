// One configuration file with the environment above it: the data to check, and the words for what is
// wrong with it.

import { GatewayError } from "../lib/gateway-error.ts";
import {
  type Environment,
  type Override,
  applyOverrides,
  environmentOverrides,
  overrideAt,
} from "./environment.ts";
import { type Problem, pathText } from "./problem.ts";
import { YamlSource } from "./yaml-source.ts";

interface Line {
  /** Where to sort the line: by its place in the file, after those about the environment. */
  order: readonly [line: number, column: number];
  text: string;
}

export class ConfigSource {
  /** Undefined when the file is no YAML; then `error` has something to say. */
  readonly data: unknown;
  readonly readable: boolean;
  readonly #fileName: string;
  readonly #yaml: YamlSource;
  readonly #overrides: Override[];

  constructor(text: string, fileName: string, env: Environment) {
    this.#fileName = fileName;
    this.#yaml = new YamlSource(text);
    this.#overrides = environmentOverrides(env);
    this.readable = this.#yaml.data !== undefined;
    this.data = applyOverrides(this.#yaml.data, this.#overrides);
  }

  /** One error that names every problem, a line each; undefined when there is none. */
  error(problems: readonly Problem[]): GatewayError | undefined {
    const lines = [...this.#syntaxLines(), ...problems.map((problem) => this.#line(problem))].toSorted(
      (one, other) => one.order[0] - other.order[0] || one.order[1] - other.order[1],
    );
    if (lines.length === 0) return undefined;
    return new GatewayError("config_invalid", lines.map(({ text }) => text).join("\n"));
  }

  #syntaxLines(): Line[] {
    return this.#yaml.syntaxProblems.map(({ place: { line, column }, text }) => ({
      order: [line, column],
      text: `${this.#fileName}:${line}:${column}: ${text}`,
    }));
  }

  #line({ path, text }: Problem): Line {
    const override = overrideAt(path, this.#overrides);
    if (override) return { order: [0, 0], text: `${override.variable}: ${text}` };
    const { line, column } = this.#yaml.place(path);
    const key = path.length === 0 ? "" : `${pathText(path)}: `;
    return { order: [line, column], text: `${this.#fileName}:${line}:${column}: ${key}${text}` };
  }
}
