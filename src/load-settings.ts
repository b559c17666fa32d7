// The configuration as the gateway can use it. `run`, a reload and `check` all ask here, so that what one of them
// accepts none of the others refuses.

import type { Environment } from "./config/environment.ts";
import { loadConfig } from "./config/load-config.ts";
import type { Settings } from "./config/settings.ts";
import { loadAssets } from "./gateway/maintenance/assets.ts";
import { loadPage } from "./gateway/maintenance/page.ts";
import { GatewayError } from "./lib/gateway-error.ts";

/** @throws {GatewayError} `config_invalid`, with a line for each problem. */
export function loadSettings(file: string, env: Environment = process.env): Promise<Settings> {
  return loadConfig(file, env, refusalBy(loadPage), refusalBy(loadAssets));
}

/** Undefined when visitors can be shown it. */
function refusalBy(load: (path: string) => unknown): (path: string) => string | undefined {
  return (path) => {
    try {
      load(path);
      return undefined;
    } catch (error) {
      if (error instanceof GatewayError) return error.message;
      throw error;
    }
  };
}
