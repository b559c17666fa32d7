// Containers and networks under the very names of a real system, for a suite that has claimed them (claim-names.ts).
// They are found again by the label of the suite, so that a test process that was killed leaves nothing for ever.

import { askEngine, filters, removeFromEngine } from "../docker/call-engine.ts";
import { containerBody, type ContainerOptions } from "../docker/container-body.ts";
import type { Sandbox } from "../docker/sandbox.ts";

/** Its id; not started. */
export async function createNamed(
  sandbox: Sandbox,
  name: string,
  options: ContainerOptions,
): Promise<string> {
  const [first, ...others] = options.networks ?? [];
  const labels = { ...sandbox.labels, ...options.labels };
  const body = containerBody({ ...options, labels }, first);
  const { Id } = await askEngine<{ Id: string }>("POST", `/containers/create?name=${name}`, body);
  for (const { network, ...endpoint } of others) await sandbox.connect(Id, network, endpoint);
  return Id;
}

export async function createNamedNetwork(
  { labels }: Sandbox,
  Name: string,
  options: { subnet?: string; internal?: boolean } = {},
): Promise<void> {
  const { subnet, internal: Internal = false } = options;
  const IPAM = subnet === undefined ? undefined : { Config: [{ Subnet: subnet }] };
  await askEngine("POST", "/networks/create", { Name, Internal, IPAM, Labels: labels, CheckDuplicate: true });
}

/** Containers with their anonymous volumes, networks and volumes of the suite, whichever process made them. */
export async function removeAllOf(suite: string): Promise<void> {
  const query = filters({ label: [`holdgate.test=${suite}`] });
  const containers = await askEngine<{ Id: string }[]>("GET", `/containers/json?all=1&${query}`);
  await Promise.all(containers.map(({ Id }) => removeFromEngine(`/containers/${Id}?force=1&v=1`)));
  const networks = await askEngine<{ Id: string }[]>("GET", `/networks?${query}`);
  for (const { Id } of networks) await removeFromEngine(`/networks/${Id}`);
  const { Volumes } = await askEngine<{ Volumes: { Name: string }[] | null }>("GET", `/volumes?${query}`);
  for (const { Name } of Volumes ?? []) await removeFromEngine(`/volumes/${Name}`);
}
