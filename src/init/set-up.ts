// `holdgate init`: from an engine and a name to the two files, without writing them.

import type { Engine } from "../docker/engine.ts";
import type { App } from "./app.ts";
import { findApps, listApps, takeInventory } from "./find-apps.ts";
import { type Front, frontOf } from "./front.ts";
import { configText } from "./write-config-text.ts";
import { planText } from "./write-plan-text.ts";

export interface SetUpOptions {
  /** Undefined: list what there is. */
  name: string | undefined;
  /** Where the app listens inside, when it cannot be told. */
  port: number | undefined;
}

export type SetUp =
  | { kind: "candidates"; apps: App[] }
  | { kind: "not-found"; name: string; apps: App[] }
  | { kind: "ambiguous"; name: string; apps: App[] }
  | { kind: "no-port"; app: App }
  | { kind: "ready"; app: App; service: string; front: Front; config: string; plan: string };

export async function setUp(engine: Engine, options: SetUpOptions, signal?: AbortSignal): Promise<SetUp> {
  const inventory = await takeInventory(engine, signal);
  const { name } = options;
  if (name === undefined) return { kind: "candidates", apps: listApps(inventory) };
  const found = findApps(inventory, name);
  const [app] = found;
  if (!app) return { kind: "not-found", name, apps: listApps(inventory) };
  if (found.length > 1) return { kind: "ambiguous", name, apps: found };
  const port = options.port ?? app.port;
  const front = frontOf(app, port);
  if (!front) return { kind: "no-port", app };
  const service = serviceName(app.name);
  const known = { ...app, port };
  return {
    kind: "ready",
    app: known,
    service,
    front,
    config: configText(known, service, front),
    plan: planText(known, service),
  };
}

/** As a service may be called: `Chat_App.1` becomes `chat-app-1`. */
function serviceName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return plain === "" ? "app" : plain;
}
