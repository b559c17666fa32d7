// One app with its database, as an engine in memory knows them, and a plan for it.

import { FakeEngine } from "../../support/docker/fake-engine.ts";

export const CHATALOT = `name: chatalot
vars: { version: 0.18.0 }
targets: { app: { container: chatalot, port: 8080 }, db: { container: chatalot-db } }
steps:
  - pull: "chatalot:\${version}"
  - hold: { lease: 3m }
  - id: dump
    backup: { exec: { target: db, command: [pg_dump, -Fc] }, to: x.dump }
  - replace: { target: app, image: "chatalot:\${version}", env: { TOKEN: hunter2 } }
    pointOfNoReturn: { when: migrated }
    undo: [{ restore: { from: dump, exec: { target: db, command: [pg_restore] } } }]
  - healthy: { http: /api/health, for: 5s }
  - release:
  - observe: { for: 15m }
  - retire: app
`;

export function chatalotEngine(): FakeEngine {
  const engine = new FakeEngine();
  engine.images.add("chatalot:0.17.0", "sha256:old");
  engine.images.add("postgres:17", "sha256:postgres");
  engine.images.addToRegistry("chatalot:0.18.0", "sha256:new");
  engine.containers.add({
    name: "chatalot",
    imageId: "sha256:old",
    body: {
      Image: "chatalot:0.17.0",
      Env: ["PASSWORD=hunter2"],
      Labels: {
        "com.docker.compose.project": "chat",
        "com.docker.compose.service": "server",
        "com.docker.compose.oneoff": "False",
      },
      HostConfig: {
        PortBindings: { "8080/tcp": [{ HostIp: "", HostPort: "8080" }] },
        RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
      },
    },
  });
  engine.containers.add({ name: "chatalot-db", imageId: "sha256:postgres", body: { Image: "postgres:17" } });
  return engine;
}
