// Removes what a suite left in the engine: by the sandbox's label, by its prefix in a name, and by being attached to
// one of its networks. Nothing else is touched, so that suites can run side by side on one engine.

import { eventually } from "../eventually.ts";
import { askEngine, callEngine, filters, inspectEngine, removeFromEngine } from "./call-engine.ts";

interface ListedObject {
  Id?: string;
  ID?: string;
  Name?: string;
}

interface ListedContainer {
  Id: string;
  /** An anonymous volume that was carried to a new container is a named one to the engine, and stays. */
  Mounts: { Name?: string }[];
}

interface ListedImage {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
}

export async function clearSandbox(prefix: string): Promise<void> {
  const label = `holdgate.sandbox=${prefix}`;
  await removeServices(prefix);
  const networks = await found(`/networks?${filters({ name: [prefix] })}`);
  const containers = await containersOf([
    { label: [label] },
    { name: [prefix] },
    ...networks.map(({ Id = "" }) => ({ network: [Id] })),
  ]);
  await Promise.all(containers.map(({ Id }) => removeContainer(Id)));
  const anonymous = containers.flatMap(({ Mounts }) => Mounts.map(({ Name = "" }) => Name));
  for (const name of anonymous.filter((volume) => /^[0-9a-f]{64}$/.test(volume))) {
    await removeFromEngine(`/volumes/${name}`);
  }
  for (const { Id } of networks) await removeWhenFree(`/networks/${Id}`);
  for (const secret of await swarmObjects("/secrets", prefix))
    await removeFromEngine(`/secrets/${secret.ID}`);
  for (const config of await swarmObjects("/configs", prefix))
    await removeFromEngine(`/configs/${config.ID}`);
  const { Volumes } = await askEngine<{
    Volumes: { Name: string }[] | null;
  }>("GET", `/volumes?${filters({ name: [prefix] })}`);
  for (const { Name } of Volumes ?? []) await removeWhenFree(`/volumes/${Name}`);
  await removeImages(prefix, label);
}

/** The containers of a job stay when its service is removed, so all are found again by the name of the service. */
async function removeServices(prefix: string): Promise<void> {
  for (const { ID } of await swarmObjects("/services", prefix)) await removeFromEngine(`/services/${ID}`);
}

/** None on an engine without a swarm, which answers 503. */
async function swarmObjects(path: string, prefix: string): Promise<ListedObject[]> {
  const { status, body } = await callEngine("GET", `${path}?${filters({ name: [prefix] })}`);
  return status === 200 ? JSON.parse(body.toString()) : [];
}

/** Each once, though several of the queries find it. */
async function containersOf(queries: Record<string, string[]>[]): Promise<ListedContainer[]> {
  const byId = new Map<string, ListedContainer>();
  for (const query of queries) {
    const list = await askEngine<ListedContainer[]>("GET", `/containers/json?all=1&${filters(query)}`);
    for (const container of list) byId.set(container.Id, container);
  }
  return [...byId.values()];
}

async function removeContainer(id: string): Promise<void> {
  const { status, body } = await callEngine("DELETE", `/containers/${id}?force=1&v=1`);
  // 409: somebody removes it already, the engine after `--rm` or Swarm after its service.
  if (status >= 400 && status !== 404 && status !== 409)
    throw new Error(`container ${id}: ${body.toString()}`);
}

/** Swarm lets go of what its tasks used a moment after their service is gone, and removes its networks later still. */
async function removeWhenFree(path: string): Promise<void> {
  await eventually(async () => {
    await removeFromEngine(path);
    if ((await inspectEngine(path)) !== undefined) throw new Error(`${path} is still there`);
  });
}

/**
 * By id, so that the names which the code under test gave them go with them. A task that was made while its service was
 * being removed is there only now.
 */
async function removeImages(prefix: string, label: string): Promise<void> {
  const all = await askEngine<ListedImage[]>("GET", "/images/json");
  const labelled = await askEngine<ListedImage[]>("GET", `/images/json?${filters({ label: [label] })}`);
  const named = all.filter(({ RepoTags, RepoDigests }) =>
    [...(RepoTags ?? []), ...(RepoDigests ?? [])].some((name) => name.includes(prefix)),
  );
  const ids = new Set([...named, ...labelled].map(({ Id }) => Id));
  for (const id of ids) {
    await eventually(async () => {
      const late = await containersOf([{ ancestor: [id] }]);
      await Promise.all(late.map(({ Id }) => removeContainer(Id)));
      await removeFromEngine(`/images/${id}?force=1`);
    });
  }
}

function found(path: string): Promise<ListedObject[]> {
  return askEngine("GET", path);
}
