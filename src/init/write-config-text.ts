// The text of `config/holdgate.yaml` for an app.

import type { App } from "./app.ts";
import type { Front } from "./front.ts";

export function configText(app: App, service: string, front: Front): string {
  return `# yaml-language-server: $schema=./holdgate.schema.json
#
# Holdgate in front of ${app.name}. What is commented out shows the default. Check it with \`holdgate check\`; a running
# gateway takes changes over by itself. The README lists every key.

listen: ${front.listen}
# dataDir: ./data

# Proxies in front of the gateway, whose X-Forwarded headers are to be believed.
# trustedProxies: [10.0.0.0/8]

services:
  ${service}:
    upstreams:
      main: ${front.url}

${healthText(app)}
    # While the app is away: how long one request waits, how many may wait, and when a forgotten hold ends.
    # hold: { maxWait: 30s, maxRequests: 10000, maxPerClient: 256, lease: 5m }

    # What visitors see when the stop is longer than that.
    # maintenance: { message: "Back soon.", retryAfter: 30s }
`;
}

function healthText({ healthPath }: App): string {
  if (healthPath === null) {
    return `    # A path that answers 200 only when the app is well. Without one, any page will do.
    # health: { path: /, interval: 1s, timeout: 5s, good: 2, bad: 3, status: 200-399 }
`;
  }
  return `    # As the container's own health check has it.
    health: { path: ${JSON.stringify(healthPath)} }
`;
}
