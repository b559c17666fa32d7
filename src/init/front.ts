// How the gateway gets in front of an app: where it will listen, where it will find the app, and what the operator has
// to change for that.

import type { App, Published } from "./app.ts";

export interface Front {
  /** For `listen`. */
  listen: string;
  /** For `upstreams`. */
  url: string;
  /** In plain words, in the order in which it is done. */
  steps: string[];
}

const DEFAULT_PORT = 8080;

/** Undefined when the app's port is not known. */
export function frontOf(app: App, port: number | null = app.port): Front | undefined {
  if (port === null) return undefined;
  const published = app.published.find((entry) => entry.port === port) ?? app.published[0];
  return published ? inThePlaceOf(app, published) : beside(app, port);
}

/** The app has a port of the machine, which the gateway takes over. */
function inThePlaceOf(app: App, published: Published): Front {
  const { hostPort, hostAddress, port } = published;
  const local = hostAddress.startsWith("127.");
  if (local) {
    const url = `http://${hostAddress}:${hostPort}`;
    return { listen: `0.0.0.0:${DEFAULT_PORT}`, url, steps: frontedSteps(app, url) };
  }
  const inner = hostPort === 3000 ? 3001 : 3000;
  return {
    listen: `${hostAddress === "0.0.0.0" || hostAddress === "::" ? "0.0.0.0" : hostAddress}:${hostPort}`,
    url: `http://127.0.0.1:${inner}`,
    steps: [
      `${app.name} publishes port ${hostPort} itself. Holdgate takes this port, and the app one that only this machine can reach:`,
      republish(app, `127.0.0.1:${inner}:${port}`, `${hostPort}:${port}`),
      "holdgate run",
      `Users go on using port ${hostPort}. While the two are exchanged, it is closed for a few seconds: the last time.`,
    ],
  };
}

function republish(app: App, now: string, before: string): string {
  switch (app.found.kind) {
    case "compose": {
      const file = app.found.files.at(-1) ?? "the Compose file";
      return `in ${file}, service ${app.found.service}, change the port "${before}" to "${now}"; then: docker compose up -d ${app.found.service}`;
    }
    case "container":
      return `start the container again with -p ${now} instead of -p ${before} (docker stop, rename, run)`;
    case "swarm":
      return `docker service update --publish-rm ${before.split(":")[0]} --publish-add published=${now.split(":")[1]},target=${now.split(":")[2]},mode=host ${app.found.service}; a firewall must close ${now.split(":")[1]} to others`;
  }
}

function frontedSteps(app: App, url: string): string[] {
  return [
    `${app.name} listens on this machine only, so a proxy in front of it sends it the users' requests.`,
    "holdgate run",
    `In that proxy (nginx, Caddy, Traefik …), replace ${url} by http://127.0.0.1:${DEFAULT_PORT}, and allow answers to take 60 s. nginx.example.conf shows it for nginx.`,
    "Add that proxy's address to trustedProxies, so that clients are told apart.",
  ];
}

/** Only containers reach it: by its address from this machine, by its name from a network of Docker. */
function beside(app: App, port: number): Front {
  const network = app.networks.find(({ fixed }) => fixed) ?? app.networks[0];
  if (!network || network.address === "") {
    return {
      listen: `0.0.0.0:${DEFAULT_PORT}`,
      url: `http://${app.name}:${port}`,
      steps: byName(app, "its network"),
    };
  }
  if (network.fixed) {
    const url = `http://${network.address}:${port}`;
    return {
      listen: `0.0.0.0:${DEFAULT_PORT}`,
      url,
      steps: [
        `${app.name} has the fixed address ${network.address} in the network ${network.name}, which this machine reaches.`,
        "holdgate run",
        `Whatever sends users to ${app.name} now (a proxy, a port) has to send them to port ${DEFAULT_PORT} of this machine instead.`,
      ],
    };
  }
  return {
    listen: `0.0.0.0:${DEFAULT_PORT}`,
    url: `http://${app.name}:${port}`,
    steps: byName(app, network.name),
  };
}

function byName(app: App, network: string): string[] {
  return [
    `${app.name} publishes no port, and its address may change when it is replaced. So Holdgate joins the network ${network}, where the app is found by name:`,
    `docker run -d --name gateway --network ${network} -p 80:${DEFAULT_PORT} -v holdgate:/data -v "$PWD/config/holdgate.yaml:/etc/holdgate/holdgate.yaml:ro" holdgate`,
    `Whatever sends users to ${app.name} now has to send them to the gateway instead.`,
  ];
}
