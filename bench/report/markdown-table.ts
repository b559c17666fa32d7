import type { Table } from "./format-table.ts";

export function markdownTable({ title, header, rows, notes }: Table): string {
  const rule = header.map((_, column) => (column === 0 ? "---" : "---:"));
  const lines = [header, rule, ...rows].map((row) => `| ${row.join(" | ")} |`);
  const list = notes.map((note) => `- ${note}`);
  return [`**${title}**`, lines.join("\n"), ...(list.length > 0 ? [list.join("\n")] : [])].join("\n\n");
}
