// A part of the engine for one suite: what is made here has names with the sandbox's prefix and its labels, and goes
// when the sandbox is closed, as does what the code under test made beside it.

import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { askEngine, callEngine, inspectEngine, removeFromEngine } from "./call-engine.ts";
import { clearSandbox } from "./clear-sandbox.ts";
import { type ContainerOptions, containerBody } from "./container-body.ts";
import { type AppImage, appImage, busyboxImage, type LoadedImage } from "./images.ts";

export interface SandboxNetwork {
  name: string;
  id: string;
  /** `10.131.7.0/24` */
  subnet: string;
  /** The address whose last numbers are given: of a /24 one, of a /16 two. */
  address(...last: number[]): string;
}

/** What of `docker inspect` the tests look at most; the rest is there too. */
export interface InspectedContainer {
  Id: string;
  Name: string;
  Image: string;
  RestartCount: number;
  State: { Status: string; Running: boolean; Paused: boolean; ExitCode: number; Health?: { Status: string } };
  Config: { Env: string[] | null; Labels: Record<string, string>; Image: string };
  HostConfig: { RestartPolicy: { Name: string } };
  Mounts: { Type: string; Name?: string; Destination: string }[];
  NetworkSettings: {
    Networks: Record<string, { IPAddress: string; Aliases: string[] | null }>;
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>;
  };
}

interface Created {
  Id: string;
}

export interface ExecResult {
  exitCode: number | null;
  output: string;
}

export class Sandbox {
  /** `hgt-1f3a9c` */
  readonly prefix = `hgt-${randomBytes(3).toString("hex")}`;
  readonly labels: Record<string, string>;

  constructor(suite: string) {
    this.labels = { "holdgate.test": suite, "holdgate.sandbox": this.prefix };
  }

  /** `hgt-1f3a9c-app` */
  name(part: string): string {
    return `${this.prefix}-${part}`;
  }

  /** An image under a name of this sandbox; it goes with it. */
  image(part: string, app: Omit<AppImage, "name">): Promise<LoadedImage> {
    const config = { ...app.config, Labels: { ...this.labels, ...app.config.Labels } };
    return appImage({ ...app, name: this.name(part), config });
  }

  async network(
    part: string,
    { prefixLength = 24, internal = false, driver = "bridge" }: NetworkOptions = {},
  ): Promise<SandboxNetwork> {
    const name = this.name(part);
    for (let attempt = 1; ; attempt += 1) {
      const network = randomSubnet(prefixLength);
      const IPAM = { Config: [{ Subnet: network.subnet }] };
      const body = { Name: name, Driver: driver, Internal: internal, Labels: this.labels, IPAM };
      const answer = await callEngine("POST", "/networks/create", {
        ...body,
        Attachable: driver === "overlay",
      });
      const said = answer.body.toString();
      if (answer.status === 201) return { name, id: JSON.parse(said).Id, ...network };
      // Another network has these addresses; there are many more.
      if (!said.includes("overlap") || attempt === 20) throw new Error(`network ${name}: ${said}`);
    }
  }

  /** Its name. */
  async volume(part: string): Promise<string> {
    const Name = this.name(part);
    await askEngine("POST", "/volumes/create", { Name, Labels: this.labels });
    return Name;
  }

  /** Its id; not started. Networks beyond the first are connected. */
  async create(part: string, options: ContainerOptions): Promise<string> {
    const [first, ...others] = options.networks ?? [];
    const body = containerBody({ ...options, labels: { ...this.labels, ...options.labels } }, first);
    const { Id } = await askEngine<Created>("POST", `/containers/create?name=${this.name(part)}`, body);
    for (const { network, ...endpoint } of others) {
      await this.connect(Id, network, endpoint);
    }
    return Id;
  }

  /** Creates and starts; its id. */
  async run(part: string, options: ContainerOptions): Promise<string> {
    const id = await this.create(part, options);
    await askEngine("POST", `/containers/${id}/start`);
    return id;
  }

  async connect(
    container: string,
    network: string,
    endpoint: { address?: string; aliases?: string[] } = {},
  ): Promise<void> {
    const { address, aliases } = endpoint;
    const IPAMConfig = address === undefined ? undefined : { IPv4Address: address };
    const EndpointConfig = { IPAMConfig, Aliases: aliases };
    await askEngine("POST", `/networks/${network}/connect`, { Container: container, EndpointConfig });
  }

  /** By id, whole name, or the part of a name. Undefined when there is none. */
  async inspect(container: string): Promise<InspectedContainer | undefined> {
    const found = await inspectEngine<InspectedContainer>(`/containers/${container}/json`);
    return found ?? inspectEngine<InspectedContainer>(`/containers/${this.name(container)}/json`);
  }

  /** Of a running container, in its only or first network. */
  async addressOf(container: string): Promise<string> {
    const networks = Object.values((await this.inspect(container))?.NetworkSettings.Networks ?? {});
    const address = networks.find(({ IPAddress }) => IPAddress !== "")?.IPAddress;
    if (address === undefined) throw new Error(`container ${container} has no address`);
    return address;
  }

  /** A file of a volume, whoever uses it; undefined when it is not there. */
  async readVolume(volume: string, path: string): Promise<string | undefined> {
    const { ref } = await busyboxImage();
    const reader = await this.create(`read-${randomBytes(3).toString("hex")}`, {
      image: ref,
      binds: [`${volume}:/volume:ro`],
    });
    const text = await this.readFile(reader, `/volume/${path}`);
    await removeFromEngine(`/containers/${reader}`);
    return text;
  }

  /** Of a container, also one that does not run; undefined when it is not there. */
  async readFile(container: string, path: string): Promise<string | undefined> {
    const query = `path=${encodeURIComponent(path)}`;
    const { status, body } = await callEngine("GET", `/containers/${container}/archive?${query}`);
    return status === 200 ? onlyFileOf(body) : undefined;
  }

  /** Both streams together, as a terminal shows them. */
  async logs(container: string): Promise<string> {
    const { body } = await callEngine("GET", `/containers/${container}/logs?stdout=1&stderr=1`);
    return withoutFrames(body);
  }

  async exec(container: string, ...command: string[]): Promise<ExecResult> {
    const request = { Cmd: command, AttachStdout: true, AttachStderr: true };
    const { Id } = await askEngine<Created>("POST", `/containers/${container}/exec`, request);
    const { body } = await callEngine("POST", `/exec/${Id}/start`, { Detach: false, Tty: false });
    const { ExitCode } = await askEngine<{ ExitCode: number | null }>("GET", `/exec/${Id}/json`);
    return { exitCode: ExitCode, output: withoutFrames(body) };
  }

  /** Removes containers, services, networks, volumes and images. Closing twice is harmless. */
  close(): Promise<void> {
    return clearSandbox(this.prefix);
  }
}

export interface NetworkOptions {
  prefixLength?: 16 | 24;
  internal?: boolean;
  driver?: "bridge" | "overlay";
}

/** To be closed in `afterAll`. @param suite says in a label whose the objects are. */
export function openSandbox(suite: string): Sandbox {
  return new Sandbox(suite);
}

/** Of 10.64.0.0/10 and up, where neither the engine's own pools nor most machines' addresses are. */
function randomSubnet(prefixLength: 16 | 24): Pick<SandboxNetwork, "subnet" | "address"> {
  const [second = 0, third = 0] = randomBytes(2);
  const start = `10.${64 + (second % 190)}${prefixLength === 24 ? `.${third}` : ""}`;
  const isOurs = Object.values(networkInterfaces()).flat();
  if (isOurs.some((own) => own?.address.startsWith(`${start}.`))) return randomSubnet(prefixLength);
  const subnet = prefixLength === 24 ? `${start}.0/24` : `${start}.0.0/16`;
  return { subnet, address: (...last) => [start, ...last].join(".") };
}

/** The engine frames output: a byte for the stream, three of nothing, four for the length. */
function withoutFrames(body: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= body.length;) {
    const end = at + 8 + body.readUInt32BE(at + 4);
    parts.push(body.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}

/** Of a tar with one entry: 512 bytes of head, in which the size is octal. */
function onlyFileOf(tar: Buffer): string {
  const size = Number.parseInt(tar.toString("latin1", 124, 136), 8);
  return tar.toString("utf8", 512, 512 + size);
}
