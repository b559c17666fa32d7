// Swarm: services, their tasks, and the nodes.

import { z } from "zod";
import type { JsonObject } from "../lib/json.ts";
import { authHeaders, authSecrets } from "./encode-auth.ts";
import { type EngineCall, pathPart } from "./engine-call.ts";
import type { EngineConnection } from "./engine-connection.ts";
import { EngineError } from "./engine-error.ts";
import type { RegistryAuth, ServiceCalls } from "./engine.ts";
import { logQuery, readLog } from "./read-log.ts";
import { nodesSchema, serviceSchema, servicesSchema, tasksSchema } from "./service-schemas.ts";

const createdService = z.looseObject({ ID: z.string() });

export function serviceCalls(connection: EngineConnection): ServiceCalls {
  return {
    ...lookCalls(connection),
    ...changeCalls(connection),
    logs: (id, options, onLine, signal) => logs(connection, id, options, onLine, signal),
  };
}

function lookCalls(connection: EngineConnection): Pick<ServiceCalls, "list" | "inspect" | "tasks" | "nodes"> {
  return {
    async list({ labels = [], name }, signal) {
      // The engine's filter takes the beginning of a name.
      const filters = JSON.stringify({ label: labels, ...(name !== undefined && { name: [name] }) });
      const call = { ...get("list services", "/services", signal), query: { filters } };
      const all = await connection.ask(call, servicesSchema);
      return name === undefined ? all : all.filter(({ Spec }) => Spec.Name === name);
    },
    inspect: (idOrName, signal) =>
      connection.find(
        get(`inspect service ${idOrName}`, `/services/${pathPart(idOrName)}`, signal),
        serviceSchema,
      ),
    tasks(service, signal) {
      const query = { filters: JSON.stringify({ service: [service] }) };
      return connection.ask(
        { ...get(`list tasks of service ${service}`, "/tasks", signal), query },
        tasksSchema,
      );
    },
    nodes: (signal) => connection.ask(get("list the nodes of the swarm", "/nodes", signal), nodesSchema),
  };
}

function changeCalls(connection: EngineConnection): Pick<ServiceCalls, "create" | "update" | "remove"> {
  return {
    async create(spec, auth, signal) {
      const what = `create service ${nameOf(spec)}`;
      const call = {
        what,
        method: "POST",
        path: "/services/create",
        body: spec,
        ...credentials(auth),
        signal,
      } as const;
      const { ID } = await connection.ask(call, createdService);
      return ID;
    },
    update(id, version, spec, auth, signal) {
      const what = `update service ${nameOf(spec)} (${id})`;
      const path = `/services/${pathPart(id)}/update`;
      const query = { version, ...(auth === null && { registryAuthFrom: "spec" }) };
      return connection.run({ what, method: "POST", path, query, body: spec, ...credentials(auth), signal });
    },
    async remove(id, signal) {
      try {
        await connection.run({
          what: `remove service ${id}`,
          method: "DELETE",
          path: `/services/${pathPart(id)}`,
          signal,
        });
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== "absent") throw error;
      }
    },
  };
}

async function logs(
  connection: EngineConnection,
  ...[id, options, onLine, signal]: Parameters<ServiceCalls["logs"]>
): Promise<void> {
  const path = `/services/${pathPart(id)}`;
  const found = await connection.ask(get(`inspect service ${id}`, path, signal), serviceSchema);
  const call = { ...get(`read the log of service ${id}`, `${path}/logs`, signal), query: logQuery(options) };
  const hasTerminal = found.Spec.TaskTemplate.ContainerSpec["TTY"] === true;
  await readLog(call, await connection.stream(call), hasTerminal, onLine);
}

function nameOf({ Name }: JsonObject): string {
  return typeof Name === "string" ? Name : "without a name";
}

function credentials(auth: RegistryAuth | null): Pick<EngineCall, "headers" | "secrets"> {
  return { headers: authHeaders(auth), secrets: authSecrets(auth) };
}

function get(what: string, path: string, signal: AbortSignal | undefined): EngineCall {
  return { what, method: "GET", path, signal };
}
