import type { Table } from "./format-table.ts";

/** For a terminal: columns padded to their width, names to the left and figures to the right. */
export function printTable({ title, header, rows, notes }: Table): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return ["", title, ...[header, ...rows].map(line), ...notes.map((note) => `  ${note}`)].join("\n");
}
