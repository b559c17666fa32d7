// The Docker engine as the rest of Holdgate sees it: the calls that an upgrade needs, and no more. Shapes keep the
// engine's own names (docs of the Engine API, 1.41 and later), because what is copied from one container to the
// next must not be translated on the way.
//
// Every call takes a signal. A thing that is not there is `undefined` where that is an answer, and an
// EngineError of kind `absent` where it is a failure.

import type { Readable, Writable } from "node:stream";
import type { JsonObject } from "../lib/json.ts";

export interface Engine {
  version(signal?: AbortSignal): Promise<EngineVersion>;
  info(signal?: AbortSignal): Promise<EngineInfo>;
  containers: ContainerCalls;
  exec: ExecCalls;
  images: ImageCalls;
  networks: NetworkCalls;
  volumes: VolumeCalls;
  services: ServiceCalls;
  /** Lets go of the connections it keeps. */
  close(): void;
}

export interface EngineVersion {
  /** `20.10.24` */
  version: string;
  /** `1.41` */
  apiVersion: string;
}

export interface EngineInfo {
  name: string;
  /** Where images and volumes are kept. */
  rootDir: string;
  swarm: { state: string; isManager: boolean; nodeId: string };
}

// ── containers ──────────────────────────────────────────────────────────────────────────────────────────────────

export interface ContainerCalls {
  /** Those that run and those that do not. */
  list(
    filter: { labels?: readonly string[]; name?: string },
    signal?: AbortSignal,
  ): Promise<ContainerSummary[]>;
  inspect(idOrName: string, signal?: AbortSignal): Promise<ContainerInspect | undefined>;
  /** The id. The body travels as the body only: it holds secrets, and a URL is logged by whatever is between. */
  create(request: CreateContainer, signal?: AbortSignal): Promise<string>;
  /** Running already counts as done, as for `stop`. */
  start(id: string, signal?: AbortSignal): Promise<void>;
  /** @param timeoutS before it is killed; null: what the container says, else 10. */
  stop(
    id: string,
    options: { timeoutS: number | null; stopSignal?: string | null },
    signal?: AbortSignal,
  ): Promise<void>;
  kill(id: string, killSignal: string, signal?: AbortSignal): Promise<void>;
  rename(id: string, name: string, signal?: AbortSignal): Promise<void>;
  setRestartPolicy(id: string, policy: RestartPolicy, signal?: AbortSignal): Promise<void>;
  pause(id: string, signal?: AbortSignal): Promise<void>;
  unpause(id: string, signal?: AbortSignal): Promise<void>;
  /** Not there counts as removed. */
  remove(id: string, options: { force: boolean; volumes: boolean }, signal?: AbortSignal): Promise<void>;
  /** Its exit code, as soon as it has exited; asks again and again, because a proxy may cut a silent call. */
  wait(id: string, signal?: AbortSignal): Promise<number>;
  /** Line by line, oldest first; with `follow` until the container ends. */
  logs(id: string, options: LogOptions, onLine: (line: LogLine) => void, signal?: AbortSignal): Promise<void>;
  /**
   * The streams of its own command, whole and unchanged: attaches, then calls `begin`, which starts it. Resolves when
   * its output has ended; its exit code is asked for with `wait`.
   * @param streams stdin only for one that was made with `OpenStdin` and `StdinOnce`.
   */
  attach(id: string, streams: ExecStreams, begin: () => Promise<void>, signal?: AbortSignal): Promise<void>;
  /** What differs from the image in the writable layer. */
  changes(id: string, signal?: AbortSignal): Promise<FileChange[]>;
  /** A tar of the path; undefined when it is not there. */
  getArchive(id: string, path: string, signal?: AbortSignal): Promise<Readable | undefined>;
  /** Unpacks a tar into a directory that exists. */
  putArchive(id: string, directory: string, tar: Readable, signal?: AbortSignal): Promise<void>;
}

export interface ContainerSummary {
  Id: string;
  /** Without the leading slash. */
  name: string;
  Image: string;
  ImageID: string;
  State: string;
  Labels: Record<string, string>;
  Created: number;
}

export interface CreateContainer {
  name: string;
  platform?: string;
  /** As the engine takes it: Config with HostConfig and NetworkingConfig. */
  body: JsonObject;
}

/** What the engine says, with every key it said; those that we read are typed. */
export interface ContainerInspect {
  Id: string;
  Created: string;
  /** With the leading slash, as the engine has it. */
  Name: string;
  /** The id of the image, not its name: the name may mean another image by now. */
  Image: string;
  RestartCount: number;
  Platform?: string;
  State: ContainerState;
  Config: ContainerConfig;
  HostConfig: HostConfig;
  Mounts: Mount[];
  NetworkSettings: {
    Networks: Record<string, EndpointSettings>;
    Ports: Record<string, PortBinding[] | null>;
  };
}

export interface ContainerState {
  Status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  Running: boolean;
  Paused: boolean;
  ExitCode: number;
  Error: string;
  StartedAt: string;
  FinishedAt: string;
  OOMKilled: boolean;
  Health?: {
    Status: "none" | "starting" | "healthy" | "unhealthy";
    Log?: { ExitCode: number; Output: string }[];
  };
}

export interface ContainerConfig {
  Hostname: string;
  Image: string;
  Env: string[] | null;
  Cmd: string[] | null;
  Entrypoint: string[] | null;
  User: string;
  WorkingDir: string;
  Labels: Record<string, string>;
  ExposedPorts?: Record<string, JsonObject>;
  Volumes?: Record<string, JsonObject> | null;
  Healthcheck?: JsonObject;
  StopSignal?: string;
  StopTimeout?: number;
  [key: string]: unknown;
}

export interface HostConfig {
  NetworkMode: string;
  RestartPolicy: RestartPolicy;
  AutoRemove: boolean;
  Binds: string[] | null;
  Mounts?: JsonObject[];
  PortBindings: Record<string, PortBinding[] | null> | null;
  Links: string[] | null;
  VolumesFrom: string[] | null;
  IpcMode: string;
  PidMode: string;
  [key: string]: unknown;
}

export interface RestartPolicy {
  Name: string;
  MaximumRetryCount: number;
}

export interface Mount {
  Type: string;
  Name?: string;
  Source: string;
  Destination: string;
  Driver?: string;
  Mode: string;
  RW: boolean;
}

export interface PortBinding {
  HostIp: string;
  HostPort: string;
}

export interface EndpointSettings {
  IPAMConfig: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] } | null;
  Links: string[] | null;
  Aliases: string[] | null;
  NetworkID: string;
  IPAddress: string;
  GlobalIPv6Address: string;
  Gateway: string;
  MacAddress: string;
  DriverOpts: Record<string, string> | null;
  [key: string]: unknown;
}

export interface FileChange {
  path: string;
  kind: "modified" | "added" | "deleted";
}

export interface LogOptions {
  follow: boolean;
  /** The last so many; null: all. */
  tail: number | null;
  /** Seconds since 1970; null: from the beginning. */
  since?: number | null;
}

export interface LogLine {
  stream: "stdout" | "stderr";
  text: string;
}

// ── exec ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ExecCalls {
  /** The id. Nothing runs yet, so that the id can be made durable first. */
  create(container: string, request: CreateExec, signal?: AbortSignal): Promise<string>;
  /** Resolves when its output has ended; the exit code is asked for with `inspect`. */
  start(id: string, streams: ExecStreams, signal?: AbortSignal): Promise<void>;
  inspect(id: string, signal?: AbortSignal): Promise<ExecInspect | undefined>;
}

export interface CreateExec {
  command: readonly string[];
  user?: string | null;
  workdir?: string | null;
  env?: readonly string[];
  /** Whether `streams.stdin` will be given. */
  stdin?: boolean;
}

export interface ExecStreams {
  stdin?: Readable;
  /** Written with back-pressure; ended when the output ends. */
  stdout?: Writable;
  stderr?: Writable;
}

export interface ExecInspect {
  running: boolean;
  /** Null: not started, or running. 126: the engine could not run the command. */
  exitCode: number | null;
  /** 0: never started. */
  pid: number;
}

// ── images ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ImageCalls {
  inspect(ref: string, signal?: AbortSignal): Promise<ImageInspect | undefined>;
  /** Rejects on an error inside the stream too, where the engine has long said 200. */
  pull(ref: string, options: PullOptions, signal?: AbortSignal): Promise<void>;
  /** Of a tar as `docker save` writes it: the names and ids that it brought. */
  load(tar: Readable, signal?: AbortSignal): Promise<string[]>;
  tag(idOrRef: string, ref: string, signal?: AbortSignal): Promise<void>;
  /** Takes the name off; removes the image when it was the last and nothing uses it. Not there counts as done. */
  untag(ref: string, signal?: AbortSignal): Promise<void>;
  /** What the registry has under this name, without pulling it. */
  distribution(
    ref: string,
    auth: RegistryAuth | null,
    signal?: AbortSignal,
  ): Promise<{ digest: string; platforms: string[] }>;
}

export interface PullOptions {
  auth: RegistryAuth | null;
  platform?: string | null;
  onProgress?: (progress: PullProgress) => void;
}

/** Of all layers together; the total grows as layers begin. */
export interface PullProgress {
  currentBytes: number;
  totalBytes: number;
  layersDone: number;
  layers: number;
}

export type RegistryAuth =
  | { username: string; password: string; serveraddress?: string }
  | { identitytoken: string; serveraddress?: string };

export interface ImageInspect {
  Id: string;
  RepoTags: string[];
  RepoDigests: string[];
  Os: string;
  Architecture: string;
  Size: number;
  Config: Partial<ContainerConfig>;
}

// ── networks, volumes ───────────────────────────────────────────────────────────────────────────────────────────

export interface NetworkCalls {
  inspect(idOrName: string, signal?: AbortSignal): Promise<NetworkInspect | undefined>;
  /** Connected already counts as done when the address is the one that is asked for. */
  connect(network: string, container: string, endpoint: JsonObject, signal?: AbortSignal): Promise<void>;
  disconnect(
    network: string,
    container: string,
    options: { force: boolean },
    signal?: AbortSignal,
  ): Promise<void>;
}

export interface NetworkInspect {
  Id: string;
  Name: string;
  Driver: string;
  Internal: boolean;
  IPAM: { Config: { Subnet?: string; Gateway?: string; IPRange?: string }[] | null };
  /** By id of the container; only those that run. Addresses with their prefix length. */
  Containers: Record<string, { Name: string; IPv4Address: string; IPv6Address: string }>;
}

export interface VolumeCalls {
  inspect(
    name: string,
    signal?: AbortSignal,
  ): Promise<{ Name: string; Driver: string; Mountpoint: string } | undefined>;
}

// ── Swarm ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ServiceCalls {
  list(
    filter: { labels?: readonly string[]; name?: string },
    signal?: AbortSignal,
  ): Promise<ServiceInspect[]>;
  inspect(idOrName: string, signal?: AbortSignal): Promise<ServiceInspect | undefined>;
  create(spec: JsonObject, auth: RegistryAuth | null, signal?: AbortSignal): Promise<string>;
  /** `version` is that of the last look; another one in force is an EngineError of kind `conflict`. */
  update(
    id: string,
    version: number,
    spec: JsonObject,
    auth: RegistryAuth | null,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Not there counts as removed. */
  remove(id: string, signal?: AbortSignal): Promise<void>;
  tasks(service: string, signal?: AbortSignal): Promise<TaskInspect[]>;
  logs(id: string, options: LogOptions, onLine: (line: LogLine) => void, signal?: AbortSignal): Promise<void>;
  nodes(signal?: AbortSignal): Promise<NodeInspect[]>;
}

export interface ServiceInspect {
  ID: string;
  Version: { Index: number };
  Spec: ServiceSpec;
  PreviousSpec?: ServiceSpec;
  UpdateStatus?: { State: string; Message?: string; StartedAt?: string; CompletedAt?: string };
}

/** Whole, as the engine has it. */
export interface ServiceSpec {
  Name: string;
  Labels: Record<string, string>;
  TaskTemplate: {
    ContainerSpec: { Image: string; Env?: string[]; Labels?: Record<string, string>; [key: string]: unknown };
    ForceUpdate?: number;
    [key: string]: unknown;
  };
  Mode: {
    Replicated?: { Replicas: number };
    Global?: JsonObject;
    ReplicatedJob?: JsonObject;
    GlobalJob?: JsonObject;
  };
  [key: string]: unknown;
}

export interface TaskInspect {
  ID: string;
  ServiceID: string;
  NodeID: string;
  Slot?: number;
  CreatedAt: string;
  /** What the orchestrator wants: `running`, `shutdown`, … */
  DesiredState: string;
  Status: {
    State: string;
    Message?: string;
    Err?: string;
    Timestamp: string;
    ContainerStatus?: { ContainerID?: string; ExitCode?: number };
  };
  Spec: { ContainerSpec: { Image: string; [key: string]: unknown }; ForceUpdate?: number };
}

export interface NodeInspect {
  ID: string;
  hostname: string;
  availability: string;
  state: string;
  isManager: boolean;
}
