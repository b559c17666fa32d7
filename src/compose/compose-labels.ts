// The labels by which Docker Compose knows its containers again.

export interface ComposeOrigin {
  project: string;
  service: string;
  /** From 1. */
  number: number;
  /** Where `docker compose` was called; null: an old Compose that did not say. */
  directory: string | null;
  files: string[];
  /** Of the service in the file, at the time the container was made. */
  configHash: string | null;
  isOneOff: boolean;
}

const PREFIX = "com.docker.compose.";
export const PROJECT_LABEL = `${PREFIX}project`;
export const SERVICE_LABEL = `${PREFIX}service`;
export const NUMBER_LABEL = `${PREFIX}container-number`;

/** Undefined: Compose has not made it. */
export function composeOrigin(labels: Readonly<Record<string, string>>): ComposeOrigin | undefined {
  const project = labels[PROJECT_LABEL];
  const service = labels[SERVICE_LABEL];
  if (project === undefined || service === undefined) return undefined;
  const files = labels[`${PREFIX}project.config_files`] ?? "";
  return {
    project,
    service,
    number: Number(labels[NUMBER_LABEL] ?? 1),
    directory: labels[`${PREFIX}project.working_dir`] ?? null,
    files: files === "" ? [] : files.split(","),
    configHash: labels[`${PREFIX}config-hash`] ?? null,
    isOneOff: labels[`${PREFIX}oneoff`]?.toLowerCase() === "true",
  };
}
