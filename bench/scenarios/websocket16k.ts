import { webSocketScenario } from "./websocket-scenario.ts";

/** Here it shows what unmasking and masking each byte costs who looks into messages. */
export const websocket16k = webSocketScenario({
  name: "websocket16k",
  size: "16 KiB",
  messageBytes: 16 * 1024,
  contenders: ["holdgate", "holdgate-splice", "nginx"],
});
