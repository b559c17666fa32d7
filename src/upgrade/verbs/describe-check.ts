// A check in a few words, for titles.

import type { Check } from "../plan/check.ts";

export function describeChecks(checks: readonly Check[], target: string | null): string {
  const [first, ...others] = checks;
  if (!first) return "nothing";
  const words = describeCheck(first, target);
  return others.length === 0 ? words : `${words} and ${others.length} more`;
}

function describeCheck(check: Check, target: string | null): string {
  switch (check.kind) {
    case "http":
    case "ws": {
      const whom = check.target ?? target;
      const what = check.kind === "ws" ? `WebSocket ${check.url}` : `${check.method} ${check.url}`;
      return check.url.startsWith("/") && whom !== null ? `${what} of ${whom}` : what;
    }
    case "tcp": {
      const { address } = check;
      return `port ${address.port} of ${"host" in address ? address.host : address.target}`;
    }
    case "docker":
      return `health of ${check.target}`;
    case "exec":
      return `${check.command[0] ?? "a command"} in ${check.target}`;
    case "log":
      return `log of ${check.target}`;
    case "version":
      return `version ${check.version}`;
    case "metric":
      return check.metric === "errorRate" ? "error rate" : "latency";
  }
}
