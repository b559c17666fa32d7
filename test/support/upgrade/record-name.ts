// What a record of a journal is called: its kind, and what it is about. `done/replace-app.stop`

export interface NamedRecord {
  type: string;
  op?: string;
  step?: string;
  name?: string;
}

export function recordName({ type, op, step, name }: NamedRecord): string {
  return `${type}/${op ?? step ?? name ?? ""}`;
}
