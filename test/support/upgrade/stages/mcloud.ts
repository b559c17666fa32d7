// mcloud as it runs two tenants of one app: each has a web container and a Redis in a network of its own, and a volume
// for each of them. One tenant serves; the other is there with an older version, and stands still.

import { expect } from "vitest";
import { askEngine } from "../../docker/call-engine.ts";
import { busyboxImage } from "../../docker/images.ts";
import { openSandbox, type Sandbox } from "../../docker/sandbox.ts";
import { standIn } from "../../docker/stand-in-image.ts";
import { eventually } from "../../eventually.ts";
import { createNamed } from "../real-names.ts";

export const OLD_VERSION = "1.1.0";
const APP = "flask-redis";
const OLDER_VERSION = "1.0.0";

export type TenantName = "tenanta" | "tenantb";

export interface Tenant {
  /** Names of its containers. */
  flask: string;
  redis: string;
  /** Names of its volumes. */
  data: string;
  dump: string;
  /** Where its web container listens. */
  url: string;
}

export interface McloudStage {
  sandbox: Sandbox;
  /** The app's name, which is a variable of the plan: that of the sandbox, so that stages stand side by side. */
  app: string;
  tenants: Record<TenantName, Tenant>;
  /** The image that copies volumes. */
  copier: string;
  close(): Promise<void>;
}

/** Tenant A serves, B stands still. */
export async function openMcloud(): Promise<McloudStage> {
  const sandbox = openSandbox("scenario-mcloud");
  const close = (): Promise<void> => sandbox.close();
  try {
    const [tenanta, tenantb] = await Promise.all([
      openTenant(sandbox, "tenanta", OLD_VERSION),
      openTenant(sandbox, "tenantb", OLDER_VERSION),
    ]);
    for (const name of [tenantb.flask, tenantb.redis]) await askEngine("POST", `/containers/${name}/stop`);
    const copier = (await busyboxImage()).ref;
    return { sandbox, app: sandbox.name(APP), tenants: { tenanta, tenantb }, copier, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openTenant(sandbox: Sandbox, name: TenantName, version: string): Promise<Tenant> {
  const image = await sandbox.image(APP, standIn({ version }));
  const network = await sandbox.network(name);
  const own = (part: string): string => `${part}.${name}_${sandbox.name(APP)}`;
  const tenant = {
    flask: own("flask"),
    redis: own("redis"),
    data: own("data"),
    dump: own("redis"),
    url: `http://${network.address(10)}:5000`,
  };
  for (const Name of [tenant.data, tenant.dump]) {
    await askEngine("POST", "/volumes/create", { Name, Labels: sandbox.labels });
  }
  const common = { image: image.ref, restart: "unless-stopped" };
  await createNamed(sandbox, tenant.redis, {
    ...common,
    networks: [{ network: network.name, aliases: ["redis"] }],
    env: { ROLE: "redis", PORT: "6379" },
    binds: [`${tenant.dump}:/data`],
  });
  await createNamed(sandbox, tenant.flask, {
    ...common,
    networks: [{ network: network.name, address: network.address(10), aliases: ["flask"] }],
    env: { PORT: "5000", HEALTH_SHAPE: "flask", REDIS: "redis:6379" },
    binds: [`${tenant.data}:/data`],
    // One that is told to stop in the moment of its start does not hear it.
    config: { StopTimeout: 3 },
  });
  for (const part of [tenant.redis, tenant.flask]) await askEngine("POST", `/containers/${part}/start`);
  await eventually(async () => expect((await fetch(`${tenant.url}/health`)).status).toBe(200));
  return tenant;
}
