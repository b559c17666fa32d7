// What `holdgate init` says of the apps that it found.

import type { App } from "../init/app.ts";
import { renderTable } from "./render-table.ts";

/** A line for each, for people. */
export function describeApps(apps: readonly App[]): string[] {
  return renderTable([
    ["NAME", "IS", "IMAGE", "PORTS"],
    ...apps.map((app) => [app.name, kindOf(app), `${app.image.repository}:${app.image.tag}`, portsOf(app)]),
  ]);
}

export function kindOf({ found }: App): string {
  switch (found.kind) {
    case "container":
      return "a container";
    case "compose":
      return `a service of the Compose project ${found.project} (container ${found.container})`;
    case "swarm":
      return "a Swarm service";
  }
}

function portsOf({ published, port }: App): string {
  if (published.length === 0) return port === null ? "none" : `${port}, not published`;
  return published.map(({ hostPort, port: inner }) => `${hostPort} → ${inner}`).join(", ");
}
