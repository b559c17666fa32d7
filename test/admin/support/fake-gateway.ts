import { newCounters } from "../../../src/gateway/counters.ts";
import type {
  GatewayStatus,
  HealthStatus,
  Remaining,
  ServiceCounters,
  ServicePort,
  ServiceStatus,
  TunnelCount,
  UpgradeProgress,
} from "../../../src/gateway/gateway-port.ts";
import type { GatewaySnapshot, ServiceSnapshot } from "../../../src/gateway/snapshot.ts";

/** Shows what was applied, and settles when the test says so. */
export class FakeGateway {
  listening: GatewayStatus["listening"] = [{ host: "127.0.0.1", port: 8080 }];
  engineRefusals: Record<string, number> = {};
  #snapshot: GatewaySnapshot = { version: 0, services: [] };
  readonly #services = new Map<string, FakeService>();

  apply(snapshot: GatewaySnapshot): void {
    this.#snapshot = snapshot;
    for (const service of snapshot.services) this.of(service.name).snapshot = service;
  }

  status(): GatewayStatus {
    const services = this.#snapshot.services.map(({ name }) => this.of(name).status());
    const { listening, engineRefusals } = this;
    return { version: this.#snapshot.version, listening, connections: 3, engineRefusals, services };
  }

  readonly progress: Record<string, UpgradeProgress | null> = {};

  setProgress(service: string, progress: UpgradeProgress | null): void {
    this.progress[service] = progress;
  }

  service(name: string): ServicePort | undefined {
    return this.#services.get(name);
  }

  of(name: string): FakeService {
    const known = this.#services.get(name) ?? new FakeService();
    this.#services.set(name, known);
    return known;
  }
}

export interface Wait {
  kind: "quiet" | "released" | "drained" | "healthy";
  upstream?: string;
  signal: AbortSignal;
}

export class FakeService implements ServicePort {
  snapshot: ServiceSnapshot | undefined;
  left: Remaining = { inFlight: 0, tunnels: 0, held: 0 };
  counters: Partial<ServiceCounters> = {};
  tunnelsBy: TunnelCount[] = [];
  parked = 0;
  readonly waits: Wait[] = [];
  readonly drainTimeouts: { upstream: string; timeoutMs: number }[] = [];
  readonly #health = new Map<string, HealthStatus>();
  #onWait: () => void = () => {};
  #settle: (() => void)[] = [];

  setHealth(
    upstream: string,
    state: HealthStatus["state"],
    reason: string | null = null,
    version: string | null = null,
  ): void {
    this.#health.set(upstream, { state, checkedAt: 1, reason, version });
  }

  /** What the app waits for settles now. */
  settle(): void {
    this.left = { inFlight: 0, tunnels: 0, held: 0 };
    for (const settle of this.#settle.splice(0)) settle();
  }

  /** Resolves when the app has begun to wait. */
  waiting(): Promise<void> {
    return new Promise((resolve) => {
      this.#onWait = resolve;
    });
  }

  health(upstream: string): HealthStatus {
    const unknown = { state: "unknown", checkedAt: null, reason: null, version: null } as const;
    return this.#health.get(upstream) ?? unknown;
  }

  async whenHealthy(upstream: string, signal: AbortSignal): Promise<boolean> {
    if (this.health(upstream).state === "healthy") return true;
    await this.#wait({ kind: "healthy", upstream, signal });
    return this.health(upstream).state === "healthy";
  }

  whenQuiet(signal: AbortSignal): Promise<Remaining> {
    return this.#wait({ kind: "quiet", signal });
  }

  whenReleased(signal: AbortSignal): Promise<Remaining> {
    return this.#wait({ kind: "released", signal });
  }

  setDrainTimeout(upstream: string, timeoutMs: number): void {
    this.drainTimeouts.push({ upstream, timeoutMs });
  }

  whenDrained(upstream: string, signal: AbortSignal): Promise<Remaining> {
    return this.#wait({ kind: "drained", upstream, signal });
  }

  status(): ServiceStatus {
    if (!this.snapshot) throw new Error("nothing was applied");
    const { name, mode, slots, canary, upstreams, settings } = this.snapshot;
    return {
      name,
      hosts: settings.hosts,
      paths: settings.paths,
      mode,
      automaticHoldSince: null,
      slots,
      canary: canary && { ...canary, serving: this.health(slots.candidate ?? "").state === "healthy" },
      upstreams: Object.entries(upstreams).map(([upstream, { urls }]) => ({
        name: upstream,
        urls,
        addresses: [],
        slot: slotOf(slots, upstream),
        health: this.health(upstream),
        inFlight: 0,
        tunnels: 0,
        connects: 0,
        drainingUntil: null,
      })),
      ...this.left,
      tunnelsBy: this.tunnelsBy,
      parked: this.parked,
      releaseLimit: null,
      counters: { ...newCounters(), ...this.counters },
    };
  }

  #wait(wait: Wait): Promise<Remaining> {
    this.waits.push(wait);
    this.#onWait();
    return new Promise((resolve) => {
      const settle = () => resolve(this.left);
      wait.signal.addEventListener("abort", settle);
      this.#settle.push(settle);
    });
  }
}

function slotOf(slots: ServiceSnapshot["slots"], upstream: string) {
  if (slots.active === upstream) return "active";
  if (slots.candidate === upstream) return "candidate";
  return slots.previous === upstream ? "previous" : null;
}
