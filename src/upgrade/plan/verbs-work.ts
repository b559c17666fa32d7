// How the verbs for one-off work, data and the outside are written.

import { z } from "zod";
import { section } from "../../config/section.ts";
import { byteSize, choice, duration, list, text } from "../../config/values.ts";
import { exactlyOne } from "./exactly-one.ts";
import { optionalKeys } from "./optional-keys.ts";
import {
  anyText,
  command,
  exitCodes,
  flag,
  image,
  name,
  oneOrMore,
  pairs,
  path,
  statuses,
  words,
} from "./plan-values.ts";
import type { BackupVerify, DataSink, DataSource, OneOff } from "./plan.ts";
import type { VerbForms } from "./verb-forms.ts";

const TARGET = "the name of a target";

const execKeys = {
  target: name(TARGET).describe("The container in which it runs."),
  command: command().describe("The program and its arguments."),
  user: words("expected a user").nullable().prefault(null).describe("Null: the container's."),
  workdir: path("a directory").nullable().prefault(null).describe("Null: the container's."),
  env: pairs("environment variables").prefault({}).describe("Added to the container's."),
  successCodes: exitCodes().prefault([0]).describe("Exit codes that are good."),
};
const output = path("the path of a file")
  .nullable()
  .prefault(null)
  .describe("A file for its standard output.");

const oneOffKeys = {
  like: z
    .exactOptional(name(TARGET))
    .describe("Whose configuration it takes, without ports, names and addresses."),
  target: z.exactOptional(name(TARGET)).describe("The same as `like`."),
  image: image().nullable().prefault(null).describe("Null: that of `like`."),
  command: command().nullable().prefault(null).describe("Null: that of `like`."),
  entrypoint: command().nullable().prefault(null).describe("Null: that of `like`."),
  env: pairs("environment variables").prefault({}).describe("Over those of `like`."),
  volumes: list(text("expected a mount such as data:/data:ro", /^[^:\s]+:[^\s]+$/))
    .prefault([])
    .describe("More mounts, as `docker run -v` takes them."),
  user: words("expected a user").nullable().prefault(null).describe("Null: that of `like`."),
  workdir: path("a directory").nullable().prefault(null).describe("Null: that of `like`."),
  timeout: duration().nullable().prefault(null).describe("How long it may take; null: for ever."),
  successCodes: exitCodes().prefault([0]).describe("Exit codes that are good."),
};
const oneOff = section(oneOffKeys);
const oneOffWithOutput = section({ ...oneOffKeys, output });

const exec = section({ ...execKeys, output }).transform((written) => ({ exec: written }));
const run = oneOffWithOutput.transform((written, context) => ({ run: toOneOff(written, context) }));

const migrate = section({
  ...oneOffKeys,
  output,
  pending: command()
    .nullable()
    .prefault(null)
    .describe("Says whether there is something to do: no output, or exit code 3, means no."),
  down: command().nullable().prefault(null).describe("The way back, with the new image."),
  kind: choice(["breaking", "expand"])
    .prefault("breaking")
    .describe("`expand`: the old version works with the new schema too."),
}).transform(({ pending, down, kind, ...work }, context) => {
  return { run: toOneOff(work, context), pending, down, kind };
});

const pathIn = section({
  target: name(TARGET).describe("The container."),
  path: text("expected an absolute path", /^\//).describe("A file or directory in it."),
});

const sinkKeys = {
  exec: section(execKeys).describe("A command in a container."),
  run: oneOff.describe("A container of its own."),
  path: pathIn.describe("A path in a container, as a tar."),
};
const sourceKeys = {
  ...sinkKeys,
  files: oneOrMore(path("a path"), "expected a path, or a list of them").describe(
    "Files on the runner's machine, as a tar.",
  ),
};

const verify = z.union(
  [
    command().transform((words): BackupVerify => ({ command: words, target: null })),
    section({
      command: command().describe("Gets the backup on its standard input."),
      target: name(TARGET).nullable().prefault(null).describe("Null: the target of the source."),
    }),
  ],
  { error: "expected a list of words, or { command, target }" },
);

const backupFields = {
  to: path("the path of a file").describe("Relative: in the directory of the run."),
  gzip: flag().prefault(false).describe("Compress it."),
  minBytes: byteSize().prefault(1).describe("A smaller one is no backup."),
  verify: verify.nullable().prefault(null).describe("A command that exits 0 when the backup is whole."),
};

const backup = exactlyOne(section({ ...optionalKeys(sourceKeys), ...backupFields }), {
  noun: "source",
  keys: Object.keys(sourceKeys),
  beside: Object.keys(backupFields),
}).transform(({ to, gzip, minBytes, verify: proof, ...source }, context) => {
  return { source: toSource(source, context), to, gzip, minBytes, verify: proof };
});

const restoreFields = { from: name("the id of a backup's step").describe("Which backup.") };
const restore = exactlyOne(section({ ...optionalKeys(sinkKeys), ...restoreFields }), {
  noun: "destination",
  keys: Object.keys(sinkKeys),
  beside: Object.keys(restoreFields),
}).transform(({ from, ...sink }, context) => ({ from, into: toSink(sink, context) }));

const sync = section({
  from: name("the name of a volume").describe("A volume."),
  to: name("the name of a volume").describe("A volume."),
  image: image().describe("In which the copying runs."),
  mode: choice(["mirror", "delta"])
    .prefault("mirror")
    .describe("`mirror` also deletes what the source has not; `delta` copies only what changed."),
  command: command()
    .nullable()
    .prefault(null)
    .describe("In place of the built-in copying, from `/from` to `/to`."),
});

const NAMES_ITSELF = "GET HEAD PUT DELETE OPTIONS".split(" ");

const httpMapping = section({
  url: text("expected a URL such as http://127.0.0.1:3000/hook", /^https?:\/\/\S+$/).describe("Where."),
  method: text("expected a method such as POST", /^[A-Z]+$/)
    .nullable()
    .prefault(null)
    .describe("`GET`, and `POST` with a body."),
  headers: pairs("headers, such as { authorization: … }").prefault({}).describe("Sent with it."),
  body: z
    .union([anyText("expected a text"), z.record(z.string(), z.json()), z.array(z.json())], {
      error: "expected a text, or data to send as JSON",
    })
    .nullable()
    .prefault(null)
    .describe("A text, or a mapping or list that is sent as JSON."),
  status: statuses().prefault("200-299").describe("Answers that are good."),
  idempotent: flag()
    .nullable()
    .prefault(null)
    .describe("Whether it may be sent again when the outcome is not known; null: by its method."),
}).transform(({ url, method, headers, body, status, idempotent }) => {
  const sentAs = method ?? (body === null ? "GET" : "POST");
  const json = typeof body === "object" && body !== null;
  return {
    url,
    method: sentAs,
    headers: json ? { "content-type": "application/json", ...headers } : headers,
    body: json ? JSON.stringify(body) : body,
    status,
    idempotent: idempotent ?? NAMES_ITSELF.includes(sentAs),
  };
});

const http = z.union(
  [
    text("expected a URL such as http://127.0.0.1:3000/hook", /^https?:\/\/\S+$/).transform((url) =>
      httpMapping.parse({ url }),
    ),
    httpMapping,
  ],
  { error: "expected a URL, or { url, method, headers, body, status }" },
);

const commandStep = z.union(
  [
    command().transform((words) => ({ command: words, cwd: null, env: {}, successCodes: [0] })),
    section({
      command: command().describe("The program and its arguments, on the runner's machine."),
      cwd: path("a directory").nullable().prefault(null).describe("Null: that of the plan's file."),
      env: pairs("environment variables").prefault({}).describe("Added to the runner's own."),
      successCodes: exitCodes().prefault([0]).describe("Exit codes that are good."),
    }),
  ],
  { error: "expected a list of words, or { command, cwd, env, successCodes }" },
);

export const workForms = {
  run: run.describe("A container like a target, with its own command, once."),
  exec: exec.describe("A command in a container that runs."),
  migrate: migrate.describe("A `run` that changes the data, once."),
  backup: backup.describe("Writes data to one file."),
  restore: restore.describe("Puts a backup back."),
  sync: sync.describe("Copies one volume to another."),
  http: http.describe("A call: a URL, or a mapping."),
  command: commandStep.describe("A command on the runner's machine: a list of words, or a mapping."),
} satisfies Partial<VerbForms>;

type Context = z.core.$RefinementCtx;
type WrittenOneOff = z.output<typeof oneOff> & { output?: string | null };

function toOneOff({ like, target, timeout, ...rest }: WrittenOneOff, context: Context): OneOff {
  if ((like === undefined) === (target === undefined)) {
    const message = "found neither or both of like and target, expected one of them";
    context.issues.push({ code: "custom", message, input: {}, params: { complete: true } });
  }
  return { output: null, ...rest, like: like ?? target ?? "", waitMs: timeout };
}

interface WrittenSink {
  exec?: z.output<typeof sinkKeys.exec>;
  run?: z.output<typeof oneOff>;
  path?: z.output<typeof pathIn>;
}

function toSource({ files, ...sink }: WrittenSink & { files?: string[] }, context: Context): DataSource {
  return files === undefined ? toSink(sink, context) : { kind: "files", paths: files };
}

function toSink({ exec: work, run: own, path: place }: WrittenSink, context: Context): DataSink {
  if (work !== undefined) return { kind: "exec", ...work, output: null };
  if (own !== undefined) return { kind: "run", ...toOneOff(own, context) };
  if (place !== undefined) return { kind: "path", ...place };
  throw new Error("neither exec nor run nor path was given");
}
