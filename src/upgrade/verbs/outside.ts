// The verbs for images and for what is outside: pull, load, http, command.

import { hasSecret, refuseSecretArguments } from "./arguments.ts";
import { problem } from "./one-container.ts";
import type { PlanVerb } from "./verb.ts";

export const planPull: PlanVerb<"pull"> = ({ image, digest, platform }, context) => ({
  title: `pull ${image}`,
  operations: [
    {
      as: "pull",
      kind: "pull-image",
      cause: "the image must be here before anything is stopped",
      image,
      digest,
      platform,
      before: context.imageOf(image)?.Id ?? null,
    },
  ],
});

export const planLoad: PlanVerb<"load"> = ({ file, image }, context) => ({
  title: `load ${image} from ${file}`,
  operations: [
    {
      as: "load",
      kind: "load-image",
      cause: "the image must be here before anything is stopped",
      file,
      image,
      before: context.imageOf(image)?.Id ?? null,
    },
  ],
});

export const planHttp: PlanVerb<"http"> = ({ url, method, headers, body, status, idempotent }) => {
  if (hasSecret(url)) {
    throw problem(
      "a secret must not be part of a URL, which every proxy on the way logs; use a header or the body",
    );
  }
  return {
    title: `${method} ${url}`,
    operations: [
      {
        as: "send",
        kind: "http",
        cause: "the plan wants it called",
        url,
        method,
        headers,
        body,
        status,
        idempotent,
      },
    ],
  };
};

export const planCommand: PlanVerb<"command"> = ({ command, cwd, env, successCodes }) => {
  refuseSecretArguments("the command", command);
  return {
    title: `run ${command.join(" ")}`,
    operations: [
      { as: "run", kind: "command", cause: "the plan wants it run", command, cwd, env, successCodes },
    ],
  };
};
