import { onTestFinished } from "vitest";
import { type StartedGateway, type StartGatewayOptions, startGateway } from "./start-gateway.ts";

/** A whole gateway that is closed when the test is over. */
export async function openGateway(options: StartGatewayOptions): Promise<StartedGateway> {
  const started = await startGateway(options);
  onTestFinished(() => started.close());
  return started;
}
