import type { ScenarioResult } from "../scenario.ts";

/** Everything that was measured, every round of it, for whoever wants to calculate. */
export function toJson(machine: string, results: readonly ScenarioResult[]): string {
  const scenarios = results.map(({ scenario, outcomes }) => ({
    name: scenario.name,
    title: scenario.title,
    outcomes: Object.fromEntries(outcomes),
  }));
  return `${JSON.stringify({ machine, scenarios }, null, 2)}\n`;
}
