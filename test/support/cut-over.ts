import type { StartedGateway } from "./start-gateway.ts";

/** Makes the upstream known and cuts over to it, without waiting for its health. */
export async function cutOver(gateway: StartedGateway, name: string, url: string): Promise<void> {
  await gateway.dispatch({ type: "put_upstream", service: "chat", name, urls: [url] });
  await gateway.dispatch({
    type: "cutover",
    service: "chat",
    to: name,
    force: true,
    candidateHealthy: false,
  });
}
