import { parseConfig } from "../../src/config/parse-config.ts";
import { GatewayError } from "../../src/lib/gateway-error.ts";

/** The message with which `holdgate.yaml` is refused, a line for each problem. */
export function refusalOf(text: string, env: Record<string, string> = {}): string {
  try {
    parseConfig(text, "holdgate.yaml", env);
  } catch (error) {
    if (error instanceof GatewayError && error.code === "config_invalid") return error.message;
    throw error;
  }
  throw new Error("the configuration was accepted");
}
