// Files in and out of containers, as tar.

import type { Readable } from "node:stream";
import { pathPart } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import { EngineError } from "./engine-error.ts";
import type { ContainerCalls } from "./engine.ts";
import type { KnownNames } from "./known-names.ts";

export type FileCalls = Pick<ContainerCalls, "getArchive" | "putArchive">;

export function fileCalls(connection: EngineConnection, names: KnownNames): FileCalls {
  return {
    async getArchive(id, path, signal): Promise<Readable | undefined> {
      const what = `copy ${path} out of container ${names.describe(id)}`;
      const call = {
        what,
        method: "GET",
        path: `/containers/${pathPart(id)}/archive`,
        query: { path },
        signal,
      } as const;
      try {
        return await connection.stream(call);
      } catch (error) {
        if (isMissingPath(error)) return undefined;
        throw error;
      }
    },
    putArchive(id, directory, tar, signal) {
      const what = `copy files into ${directory} of container ${names.describe(id)}`;
      const path = `/containers/${pathPart(id)}/archive`;
      return connection.run({ what, method: "PUT", path, query: { path: directory }, upload: tar, signal });
    },
  };
}

function isMissingPath(error: unknown): boolean {
  return (
    error instanceof EngineError && error.kind === "absent" && !/no such container:/i.test(error.message)
  );
}
