// What the fake engine says about a container: what it was made with, laid over what an engine fills in.

import type {
  ContainerConfig,
  ContainerInspect,
  EndpointSettings,
  HostConfig,
} from "../../../src/docker/engine.ts";
import type { JsonObject } from "../../../src/lib/json.ts";

export interface FakeContainerOptions {
  name: string;
  state?: ContainerInspect["State"]["Status"];
  imageId?: string;
  /** As it is sent to create a container. */
  body?: { Image: string; HostConfig?: object; NetworkingConfig?: object } & Record<string, unknown>;
  /** What its image brings. */
  image?: Partial<ContainerConfig>;
}

export function fakeInspect(id: string, options: FakeContainerOptions): ContainerInspect {
  const { name, state = "running", imageId = "sha256:image", image = {} } = options;
  const {
    HostConfig: host,
    NetworkingConfig: networking,
    ...config
  } = options.body ?? { Image: "image:latest" };
  const isUp = state === "running" || state === "paused";
  return {
    Id: id,
    Created: "2026-01-01T00:00:00.000000000Z",
    Name: `/${name}`,
    Image: imageId,
    RestartCount: 0,
    State: {
      Status: state,
      Running: isUp,
      Paused: state === "paused",
      ExitCode: 0,
      Error: "",
      StartedAt: "2026-01-01T00:00:00.000000000Z",
      FinishedAt: "0001-01-01T00:00:00Z",
      OOMKilled: false,
    },
    Config: fakeConfig(id, image, config),
    HostConfig: { ...DEFAULT_HOST, ...host },
    Mounts: [],
    NetworkSettings: { Networks: fakeEndpoints(networking), Ports: {} },
  };
}

export function fakeEndpoint(name: string, given: object = {}): EndpointSettings {
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    NetworkID: `id-of-${name}`,
    IPAddress: "",
    GlobalIPv6Address: "",
    Gateway: "",
    MacAddress: "",
    DriverOpts: null,
    ...given,
  };
}

const DEFAULT_HOST: HostConfig = {
  NetworkMode: "default",
  RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
  AutoRemove: false,
  Binds: null,
  PortBindings: {},
  Links: null,
  VolumesFrom: null,
  IpcMode: "private",
  PidMode: "",
};

function fakeConfig(
  id: string,
  image: Partial<ContainerConfig>,
  given: { Image: string } & Record<string, unknown>,
): ContainerConfig {
  const own = given as Partial<ContainerConfig> & { Image: string };
  return {
    Hostname: id.slice(0, 12),
    Cmd: null,
    Entrypoint: null,
    User: "",
    WorkingDir: "",
    ...image,
    ...own,
    // The engine puts these together.
    Env: [...(own.Env ?? []), ...(image.Env ?? []).filter((entry) => !overridden(entry, own.Env ?? []))],
    Labels: { ...image.Labels, ...own.Labels },
  };
}

function overridden(entry: string, by: readonly string[]): boolean {
  const name = entry.slice(0, entry.indexOf("=") + 1);
  return by.some((other) => other.startsWith(name));
}

function fakeEndpoints(networking: object | undefined): Record<string, EndpointSettings> {
  const { EndpointsConfig = {} } = (networking ?? {}) as { EndpointsConfig?: Record<string, JsonObject> };
  return Object.fromEntries(
    Object.entries(EndpointsConfig).map(([name, given]) => [name, fakeEndpoint(name, given)]),
  );
}
