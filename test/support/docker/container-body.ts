// The few things that a test says about a container, as the engine takes them.

export interface ContainerOptions {
  image: string;
  /** The first is the one it is created with. */
  networks?: readonly EndpointOptions[];
  env?: Readonly<Record<string, string>>;
  command?: readonly string[];
  entrypoint?: readonly string[];
  /** `volume:/path`, `/host/path:/path:ro` */
  binds?: readonly string[];
  /** By `8080/tcp`: the port of the host on 127.0.0.1, 0 for a free one. */
  ports?: Readonly<Record<string, number>>;
  labels?: Readonly<Record<string, string>>;
  /** `no` when left out. */
  restart?: string;
  /** Laid over what comes from the others. */
  config?: object;
  hostConfig?: object;
}

export interface EndpointOptions {
  /** Its name. */
  network: string;
  address?: string;
  aliases?: string[];
}

export function containerBody(options: ContainerOptions, first: EndpointOptions | undefined): object {
  const { image, env = {}, command, entrypoint, labels, ports = {} } = options;
  return {
    Image: image,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Cmd: command,
    Entrypoint: entrypoint,
    Labels: labels,
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    ...options.config,
    HostConfig: {
      Binds: options.binds,
      NetworkMode: first?.network ?? "default",
      RestartPolicy: { Name: options.restart ?? "no", MaximumRetryCount: 0 },
      PortBindings: portBindings(ports),
      ...options.hostConfig,
    },
    NetworkingConfig: { EndpointsConfig: first === undefined ? {} : { [first.network]: endpoint(first) } },
  };
}

function portBindings(ports: Readonly<Record<string, number>>): object {
  const binding = (port: number) => [{ HostIp: "127.0.0.1", HostPort: port === 0 ? "" : String(port) }];
  return Object.fromEntries(Object.entries(ports).map(([inside, outside]) => [inside, binding(outside)]));
}

function endpoint({ address, aliases }: EndpointOptions): object {
  return { IPAMConfig: address === undefined ? undefined : { IPv4Address: address }, Aliases: aliases };
}
