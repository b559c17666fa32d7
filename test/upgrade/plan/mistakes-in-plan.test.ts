import { describe, expect, it } from "vitest";
import { problemsOf } from "./problems-of.ts";

type Row = [text: string, vars: Record<string, string>, ...problems: string[]];

const ROWS: Row[] = [
  ["steps: [{ wait: 1s }]", {}, "1:1 name: missing, expected the plan's name"],
  ["name: x", {}, "1:1 steps: missing, expected a list, such as [first, second]"],
  ["name: x\nsteps: []", {}, "2:1 steps: found an empty list, expected at least one step"],
  [
    "name: x\nsteps: { wait: 1s }",
    {},
    "2:1 steps: found a mapping, expected a list, such as [first, second]",
  ],
  [
    "- name: x",
    {},
    "1:1: found a list, expected a mapping with any of the keys name, service, vars, targets, secrets, registries, schema, steps",
  ],
  [
    "",
    {},
    "1:1 name: missing, expected the plan's name",
    "1:1 steps: missing, expected a list, such as [first, second]",
  ],
  [
    "name: x\nname: y\nsteps: [{ wait: 1s }]",
    {},
    "2:1: this key stands twice in the same mapping; remove one",
  ],
  ["name: x\nsteps:\n\t- wait: 1s", {}, "3:1: found a tab as indentation, expected spaces"],
  ["name: x\ntargts: {}\nsteps: [{ wait: 1s }]", {}, "2:1 targts: unknown key; did you mean targets?"],
  [
    "name: x\ntargets: { app: chat }\nsteps: [{ wait: 1s }]",
    {},
    '2:12 targets.app: found "chat", expected a mapping with any of the keys container, compose, label, swarm, process, port, network, host',
  ],
  [
    "name: x\ntargets: { app: { contaner: chat } }\nsteps: [{ wait: 1s }]",
    {},
    "2:19 targets.app.contaner: unknown key; did you mean container?",
  ],
  [
    "name: x\ntargets: { app: {} }\nsteps: [{ wait: 1s }]",
    {},
    "2:12 targets.app: found no kind of target, expected one of container, compose, label, swarm, process",
  ],
  [
    "name: x\ntargets: { app: { container: a, swarm: b } }\nsteps: [{ wait: 1s }]",
    {},
    "2:12 targets.app: found container and swarm, expected one kind of target only",
  ],
  [
    "name: x\ntargets: { app: { compose: { project: a } } }\nsteps: [{ wait: 1s }]",
    {},
    "2:19 targets.app.compose.service: missing, expected the name of a Compose service",
  ],
  [
    "name: x\ntargets: { app: { process: { command: chat, grase: 3s } } }\nsteps: [{ wait: 1s }]",
    {},
    '2:30 targets.app.process.command: found "chat", expected a list of words such as [pg_dump, -Fc]; for a line of shell [sh, -c, …]',
    "2:45 targets.app.process.grase: unknown key; did you mean grace?",
  ],
  [
    "name: x\nvars: { run: 1 }\nsteps: [{ wait: 1s }]",
    {},
    "2:9 vars.run: found run, which Holdgate sets by itself; choose another name",
  ],
  ["name: x\nvars: { a: [1] }\nsteps: [{ wait: 1s }]", {}, "2:9 vars.a: found a list, expected a text"],
  [
    'name: x\nvars: { version: }\nsteps: [{ pull: "app:${version}" }]',
    {},
    "2:9 vars.version: has no value; give it one here, or with --var version=…",
  ],
  [
    'name: x\nvars: { b: "${a}", a: 1 }\nsteps: [{ wait: 1s }]',
    {},
    "2:9 vars.b: found ${a}, which is no variable; the variables are run, service, active, idle",
  ],
  [
    "name: x\nvars: { version: 1 }\nsteps: [{ wait: 1s }]",
    { verison: "2" },
    "2:1 vars: --var verison is not declared in the plan; did you mean version?",
  ],
  [
    "name: x\nvars: { version: 1 }\nsteps: [{ wait: 1s }]",
    { version: "${secrets.db}" },
    "2:9 vars.version: found ${ in the value of --var version, expected the value itself",
  ],
  [
    "name: x\nsecrets: { db: hunter2 }\nsteps: [{ wait: 1s }]",
    {},
    "2:12 secrets.db: found a text, expected a mapping with any of the keys env, file",
  ],
  [
    "name: x\nsecrets: { db: { env: A, file: b } }\nsteps: [{ wait: 1s }]",
    {},
    "2:12 secrets.db: found env and file, expected one source only",
  ],
  [
    "name: x\nregistries: { ghcr.io: { username: u } }\nsteps: [{ wait: 1s }]",
    {},
    '2:15 registries["ghcr.io"].password: missing, expected a secret such as ${secrets.registry}, because a plan is kept and shown',
  ],
  [
    "name: x\nsecrets: { t: { env: T } }\nregistries: { ghcr.io: { username: u, password: hunter2 } }\nsteps: [{ wait: 1s }]",
    {},
    '3:39 registries["ghcr.io"].password: found a text, expected a secret such as ${secrets.registry}, because a plan is kept and shown',
  ],
  [
    "name: x\nschema: { exec: { target: db, command: [x] } }\nsteps: [{ wait: 1s }]",
    {},
    '2:19 schema.exec.target: found "db", which is no target of this plan; the plan has no targets',
  ],
  [
    "name: x\nservice: Chat_1\nsteps: [{ wait: 1s }]",
    {},
    '2:1 service: found "Chat_1", expected a name of a-z, 0-9 and -, such as chat-2',
  ],
];

describe("the top of a plan", () => {
  it.each(ROWS)("%j with %j", (text, vars, ...problems) => {
    expect(problemsOf(text, vars)).toEqual(problems);
  });

  it("names every mistake at once, in the order of the file", () => {
    const plan = `name: x
targets: { app: { contaner: chat } }
steps:
  - pul: app
  - stop: queue
  - hold: { lease: "\${leas}" }
`;
    expect(problemsOf(plan)).toEqual([
      "2:19 targets.app.contaner: unknown key; did you mean container?",
      "4:5 steps[0].pul: unknown key; did you mean pull?",
      '5:5 steps[1].stop: found "queue", which is no target of this plan; the targets are app',
      "6:13 steps[2].hold.lease: found ${leas}, which is no variable; the variables are run, service, active, idle",
    ]);
  });
});
