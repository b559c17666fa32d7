// One scenario's result as rows of text, for the terminal and for Markdown alike.

import type { Figures, Metric, Outcome, ScenarioResult } from "../scenario.ts";

export interface Table {
  title: string;
  header: string[];
  rows: string[][];
  notes: string[];
}

const ABSENT = "–";

export function formatTable({ scenario, outcomes }: ScenarioResult): Table {
  const columns = scenario.metrics.flatMap((metric) => columnsOf(metric, outcomes));
  const measured = [...outcomes].filter(([, outcome]) => outcome.kind === "measured");
  return {
    title: `${scenario.name}: ${scenario.title}`,
    header: ["", ...columns.map((column) => column.label)],
    rows: measured.map(([name, outcome]) => [
      name,
      ...columns.map((column) => column.show(figuresOf(outcome))),
    ]),
    notes: [...outcomes].flatMap(([name, outcome]) => notesOf(outcome).map((note) => `${name}: ${note}`)),
  };
}

interface Column {
  label: string;
  show(figures: Figures): string;
}

function columnsOf(metric: Metric, outcomes: ScenarioResult["outcomes"]): Column[] {
  const { key, label, ratiosTo = [] } = metric;
  const own: Column = { label, show: (figures) => formatFigure(figures[key], metric) };
  const ratios = ratiosTo.flatMap((name): Column[] => {
    const yardstick = figuresOf(outcomes.get(name))[key];
    if (yardstick === undefined) return [];
    const ratio: Metric = { key, label: `× ${name}`, decimals: 2 };
    const ofYardstick = (figures: Figures): number => (figures[key] ?? Number.NaN) / yardstick;
    return [{ label: ratio.label, show: (figures) => formatFigure(ofYardstick(figures), ratio) }];
  });
  return [own, ...ratios];
}

function figuresOf(outcome: Outcome | undefined): Figures {
  return outcome?.kind === "measured" ? outcome.figures : {};
}

function notesOf(outcome: Outcome): readonly string[] {
  if (outcome.kind === "measured") return outcome.notes;
  return [outcome.kind === "failed" ? `not measured: ${outcome.reason}` : `left out: ${outcome.reason}`];
}

function formatFigure(value: number | undefined, { decimals, inWords }: Metric): string {
  if (value === undefined || !Number.isFinite(value)) return ABSENT;
  return inWords ? inWords(value) : formatNumber(value, decimals);
}

/** Thousands are set apart by a narrow space, so that no comma is taken for a decimal point. */
function formatNumber(value: number, decimals: number): string {
  const [whole = "", fraction] = value.toFixed(decimals).split(".");
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, "\u202F");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
