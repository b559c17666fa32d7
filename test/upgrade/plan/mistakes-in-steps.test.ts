import { describe, expect, it } from "vitest";
import { problemsOf } from "./problems-of.ts";

// The step stands on line 9, its verb in column 5.
const HEAD = `name: x
vars: { version: 1.2.3, image: app }
secrets: { token: { env: TOKEN } }
targets:
  app: { container: chat }
  queue: { swarm: chat_queue }
  embedded: { process: { command: [chat] } }
steps:
`;

const ALL_VERBS =
  "preflight, healthy, check, observe, confirm, wait, announce, maintenance, hold, release, candidate, canary, " +
  "cutover, pull, load, stop, start, pause, unpause, replace, retire, update, scale, run, exec, migrate, backup, " +
  "restore, sync, http, command, parallel";

type Row = [step: string, ...problems: string[]];

const STEPS: Row[] = [
  ["- pul: app:2", "9:5 steps[0].pul: unknown key; did you mean pull?"],
  ["- pull: app:2\n    stop: app", "9:5 steps[0]: found pull and stop, expected one verb only"],
  ["- id: foo", `9:5 steps[0]: found no verb, expected one of ${ALL_VERBS}`],
  [
    "- nothing",
    `9:5 steps[0]: found "nothing", expected a mapping with any of the keys id, when, timeout, retry, onFailure, undo, pointOfNoReturn, ${ALL_VERBS}`,
  ],
  ["- {}", `9:5 steps[0]: found no verb, expected one of ${ALL_VERBS}`],
  ["- parallel: []", "9:5 steps[0].parallel: found an empty list, expected at least one step"],
  [
    "- parallel: [{ stop: ap }]",
    '9:18 steps[0].parallel[0].stop: found "ap", which is no target of this plan; did you mean app?',
  ],
  ["- wait: 1s\n    undo: [{ wate: 1s }]", "10:14 steps[0].undo[0].wate: unknown key; did you mean wait?"],
  [
    "- wait: 1s\n    id: Wait One",
    '10:5 steps[0].id: found "Wait One", expected a name of a-z, 0-9 and -, at most 40 long',
  ],
  [
    "- wait: 1s\n    id: a\n  - wait: 2s\n    id: a",
    "12:5 steps[1].id: found a a second time, expected an id of its own",
  ],
  ["- wait: 1s\n    retry: 0", "10:5 steps[0].retry: found 0, expected a whole number of at least 1"],
  [
    "- wait: 1s\n    onFailure: ignore",
    '10:5 steps[0].onFailure: found "ignore", expected rollback or pause or continue',
  ],
  [
    "- wait: 1s\n    pointOfNoReturn: { when: later }",
    '10:24 steps[0].pointOfNoReturn.when: found "later", expected always or migrated',
  ],
  [
    "- wait: 1s\n    when: version = 2",
    '10:5 steps[0].when: found "version = 2", expected migrated, pending, true, false, a comparison such as ${a} == b, or one of them after not',
  ],
  ["- wait: 1s\n    timeut: 3s", "10:5 steps[0].timeut: unknown key; did you mean timeout?"],
];

const LOOKS: Row[] = [
  ["- maintenance: { mesage: x }", "9:20 steps[0].maintenance.mesage: unknown key; did you mean message?"],
  [
    "- maintenance: { expected: long }",
    '9:20 steps[0].maintenance.expected: found "long", expected a duration such as 30s or 5m',
  ],
  ["- release: { wait: maybe }", '9:16 steps[0].release.wait: found "maybe", expected true or false'],
  [
    "- candidate: { upstream: Green }",
    '9:18 steps[0].candidate.upstream: found "Green", expected a name of a-z, 0-9 and - with a letter, such as blue',
  ],
  ["- healthy: { timout: 3s }", "9:16 steps[0].healthy.timout: unknown key; did you mean timeout?"],
  [
    "- healthy: {}",
    "9:5 steps[0].healthy: found no check, expected one of http, tcp, ws, docker, exec, log, version, metric, all",
  ],
  [
    '- healthy: { http: /x, tcp: "a:1" }',
    "9:5 steps[0].healthy: found http and tcp, expected one check only",
  ],
  [
    "- healthy: { http: /x, expect: { stat: 200 } }",
    "9:36 steps[0].healthy.expect.stat: unknown key; did you mean status?",
  ],
  [
    "- healthy: { http: /x, expect: { status: 99 } }",
    "9:36 steps[0].healthy.expect.status: found 99, expected a status such as 200, a range such as 200-399, or a list of them",
  ],
  ["- healthy: { tcp: db }", '9:16 steps[0].healthy.tcp: found "db", expected an address such as db:5432'],
  [
    "- healthy: { log: { target: app, pattern: '(' } }",
    '9:36 steps[0].healthy.log.pattern: found "(", expected a regular expression',
  ],
  [
    "- check: { docker: queue }",
    '9:14 steps[0].check.docker: found "queue", which is a Swarm service, expected a container',
  ],
  ["- check: { all: [] }", "9:14 steps[0].check.all: found an empty list, expected at least one check"],
  [
    "- check: { http: /x, target: nobody }",
    '9:24 steps[0].check.target: found "nobody", which is no target of this plan; the targets are app, queue, embedded',
  ],
  [
    "- observe: { maxErrorRate: 1% }",
    "9:5 steps[0].observe.for: missing, expected a duration such as 30s or 5m",
  ],
  [
    "- observe: { for: 1m, maxErrorRate: 150% }",
    '9:25 steps[0].observe.maxErrorRate: found "150%", expected a share such as 1% or 0.01',
  ],
  ["- confirm:", "9:5 steps[0].confirm.prompt: missing, expected a question"],
  ["- wait: soon", '9:5 steps[0].wait: found "soon", expected a duration such as 30s or 5m'],
  ["- maintenance: aus", '9:5 steps[0].maintenance: found "aus", expected on or off'],
  ["- hold: { lease: 0s }", '9:13 steps[0].hold.lease: found "0s", expected a duration longer than 0'],
  [
    "- canary: { percent: 101 }",
    "9:15 steps[0].canary.percent: found 101, expected a percentage from 0 to 100 such as 20, or off",
  ],
  ["- canary: 0.5", "9:5 steps[0].canary: found 0.5, expected a percentage from 0 to 100 such as 20, or off"],
  [
    "- canary: half",
    '9:5 steps[0].canary: found "half", expected a percentage from 0 to 100 such as 20, or off',
  ],
  [
    "- candidate: { upstream: green, port: 80 }",
    "9:5 steps[0].candidate: found an address that is not whole, expected url, or target and port, or none of them",
  ],
  [
    '- candidate: { upstream: green, url: "https://x" }',
    '9:35 steps[0].candidate.url: found "https://x", expected an http:// address: upstreams are reached without TLS, so name the app\'s plain HTTP port',
  ],
  [
    "- cutover: Green Two",
    '9:5 steps[0].cutover: found "Green Two", expected a name of a-z, 0-9 and - with a letter, such as blue',
  ],
  [
    "- preflight: { diskFree: 2 gigs }",
    '9:18 steps[0].preflight.diskFree: found "2 gigs", expected a size such as 64KiB or 8MiB',
  ],
  [
    "- preflight: { noDrift: embedded, commandExists: { target: app } }",
    "9:37 steps[0].preflight.commandExists.command: missing, expected the name of a program",
  ],
];

const MISFITS: Row[] = [
  ["- check: { tcp: db:5432, say: hello }", "9:5 steps[0].check: found say, which goes with ws only"],
  ["- check: { ws: /ws, method: POST }", "9:5 steps[0].check: found method, which goes with http only"],
  [
    "- healthy: { ws: /ws, expect: { status: 200 } }",
    "9:5 steps[0].healthy: found a mapping in expect, expected texts for ws",
  ],
  [
    "- healthy: { http: /, expect: [ready] }",
    "9:5 steps[0].healthy: found texts in expect, expected { status, headers, json, body } for http",
  ],
  [
    "- healthy: { all: [{ http: / }], expect: { status: 200 } }",
    "9:5 steps[0].healthy: found expect, which goes with http and ws only",
  ],
  [
    "- healthy: { all: [{ docker: app, headers: { a: b } }] }",
    "9:22 steps[0].healthy.all[0]: found headers, which go with http and ws only",
  ],
  [
    "- wait: 1s\n    undo: [{ wait: 1s, when: migrated }]",
    "10:24 steps[0].undo[0].when: found a condition that only the run can tell, but a way back is taken as a whole",
  ],
  [
    "- wait: 1s\n    undo: [{ wait: 1s, undo: [], pointOfNoReturn: true }]",
    "10:24 steps[0].undo[0].undo: found a way back of a way back, expected none",
    "10:34 steps[0].undo[0].pointOfNoReturn: found a point of no return in a way back, expected none",
  ],
];

const THINGS: Row[] = [
  [
    "- pull: { imag: app:2 }",
    "9:5 steps[0].pull.image: missing, expected an image such as ghcr.io/team/app:1.2.3",
    "9:13 steps[0].pull.imag: unknown key; did you mean image?",
  ],
  ["- pull:", "9:5 steps[0].pull.image: missing, expected an image such as ghcr.io/team/app:1.2.3"],
  ["- pull: app 2", '9:5 steps[0].pull: found "app 2", expected an image such as ghcr.io/team/app:1.2.3'],
  [
    "- pull: { image: app, digest: abc }",
    '9:25 steps[0].pull.digest: found "abc", expected a digest such as sha256:…',
  ],
  ["- stop: ap", '9:5 steps[0].stop: found "ap", which is no target of this plan; did you mean app?'],
  ["- stop: []", "9:5 steps[0].stop: found an empty list, expected the name of a target, or a list of them"],
  [
    "- stop: [app, queue]",
    '9:17 steps[0].stop[1]: found "queue", which is a Swarm service, expected a container or a process',
  ],
  [
    "- stop: { grace: 3s }",
    "9:5 steps[0].stop: found neither or both of target and targets, expected one of them",
  ],
  [
    "- backup: { files: [], to: x }",
    "9:15 steps[0].backup.files: found an empty list, expected a path, or a list of them",
  ],
  [
    "- stop: { target: app, targets: app }",
    "9:5 steps[0].stop: found neither or both of target and targets, expected one of them",
  ],
  [
    "- stop: { target: app, grace: 30 seconds }",
    '9:26 steps[0].stop.grace: found "30 seconds", expected a duration such as 30s or 5m',
  ],
  [
    "- stop: { target: app, signal: term }",
    '9:26 steps[0].stop.signal: found "term", expected a signal such as SIGTERM',
  ],
  ["- pause: embedded", '9:5 steps[0].pause: found "embedded", which is a process, expected a container'],
  [
    "- scale: { target: app, replicas: 2 }",
    '9:14 steps[0].scale.target: found "app", which is a container, expected a Swarm service',
  ],
  [
    "- scale: { target: queue, replicas: two }",
    '9:29 steps[0].scale.replicas: found "two", expected a whole number of at least 0',
  ],
  [
    "- update: { target: queue }",
    "9:5 steps[0].update.image: missing, expected an image such as ghcr.io/team/app:1.2.3",
  ],
  [
    "- update: { target: queue, image: a, order: start-frist }",
    '9:40 steps[0].update.order: found "start-frist", expected start-first or stop-first',
  ],
  [
    "- replace: { target: app, mode: in_place }",
    '9:29 steps[0].replace.mode: found "in_place", expected in-place or beside',
  ],
  [
    "- replace: { target: embedded, image: a }",
    "9:34 steps[0].replace.image: found an image, but the target is a process: it is started as the plan describes it; remove it",
  ],
  [
    "- replace: { target: app, carryFiles: root/x }",
    '9:29 steps[0].replace.carryFiles: found "root/x", expected a list, such as [first, second]',
  ],
  [
    "- replace: { target: app, assumeAllExplicit: yes }",
    '9:29 steps[0].replace.assumeAllExplicit: found "yes", expected true or false',
  ],
  ["- retire: queue", '9:5 steps[0].retire: found "queue", which is a Swarm service, expected a container'],
  [
    "- run: { command: [x] }",
    "9:5 steps[0].run: found neither or both of like and target, expected one of them",
  ],
  [
    "- run: { like: embedded }",
    '9:12 steps[0].run.like: found "embedded", which is a process, expected a container or a Swarm service',
  ],
  [
    "- exec: { target: app, command: ls -l }",
    '9:26 steps[0].exec.command: found "ls -l", expected a list of words such as [pg_dump, -Fc]; for a line of shell [sh, -c, …]',
  ],
  [
    "- migrate: { like: app, kind: contract }",
    '9:27 steps[0].migrate.kind: found "contract", expected breaking or expand',
  ],
  ["- backup: { to: x }", "9:5 steps[0].backup: found no source, expected one of exec, run, path, files"],
  [
    "- backup: { exec: { target: app, command: [x] }, path: { target: app, path: /x }, to: x }",
    "9:5 steps[0].backup: found exec and path, expected one source only",
  ],
  ["- backup: { files: /etc }", "9:5 steps[0].backup.to: missing, expected the path of a file"],
  [
    "- restore: { from: dump, path: { target: app, path: /x } }",
    '9:16 steps[0].restore.from: found "dump", expected the id of an earlier backup; there is no backup before it',
  ],
  [
    "- sync: { from: a, to: b }",
    "9:5 steps[0].sync.image: missing, expected an image such as ghcr.io/team/app:1.2.3",
  ],
  [
    "- http: ftp://x",
    '9:5 steps[0].http: found "ftp://x", expected a URL such as http://127.0.0.1:3000/hook',
  ],
  [
    "- command: make",
    '9:5 steps[0].command: found "make", expected a list of words, or { command, cwd, env, successCodes }',
  ],
];

const VARIABLES: Row[] = [
  [
    '- pull: "${imge}:${version}"',
    "9:5 steps[0].pull: found ${imge}, which is no variable; did you mean ${image}?",
  ],
  ['- pull: "${image"', "9:5 steps[0].pull: found ${ without a }; write $${ for ${ itself"],
  [
    '- pull: "${env.IMAGE}"',
    "9:5 steps[0].pull: found ${env.IMAGE}, but the environment is not read; declare it in vars and give --var IMAGE=…, or name it in secrets as { env: IMAGE }",
  ],
  ['- pull: "${a b}"', "9:5 steps[0].pull: found ${a b}, expected the name of a variable in it"],
  [
    '- http: "http://x/?t=${secrets.token}"',
    "9:5 steps[0].http: found ${secrets.token} where it would be shown; secrets may stand in env, headers, body, say, command, entrypoint, pending, down and registries",
  ],
  [
    '- http: { url: "http://x", headers: { a: "${secrets.tokn}" } }',
    "9:41 steps[0].http.headers.a: found ${secrets.tokn}, which is no secret of this plan; did you mean ${secrets.token}?",
  ],
  [
    '- confirm: "${secrets.token}?"',
    "9:5 steps[0].confirm: found ${secrets.token} where it would be shown; secrets may stand in env, headers, body, say, command, entrypoint, pending, down and registries",
  ],
  [
    '- command: ["$${secrets.token}"]',
    "9:15 steps[0].command[0]: found $${secrets., which cannot be told from a secret when the plan is carried out",
  ],
  [
    '- command: { command: [x], env: { "${image}": a } }',
    '9:37 steps[0].command.env["${image}"]: found a variable in a key, expected it in a value',
  ],
  ['- wait: "${version}"', '9:5 steps[0].wait: found "1.2.3", expected a duration such as 30s or 5m'],
];

describe("a step", () => {
  it.each(STEPS)("%s", (step, ...problems) => {
    expect(problemsOf(`${HEAD}  ${step}\n`)).toEqual(problems);
  });
});

describe("the fields of looks and of the gateway", () => {
  it.each(LOOKS)("%s", (step, ...problems) => {
    expect(problemsOf(`${HEAD}  ${step}\n`)).toEqual(problems);
  });
});

describe("the fields of containers, services and data", () => {
  it.each(THINGS)("%s", (step, ...problems) => {
    expect(problemsOf(`${HEAD}  ${step}\n`)).toEqual(problems);
  });
});

describe("variables and secrets", () => {
  it.each(VARIABLES)("%s", (step, ...problems) => {
    expect(problemsOf(`${HEAD}  ${step}\n`)).toEqual(problems);
  });
});

describe("what does not belong together", () => {
  it.each(MISFITS)("%s", (step, ...problems) => {
    expect(problemsOf(`${HEAD}  ${step}\n`)).toEqual(problems);
  });
});
