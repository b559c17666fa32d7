import { webSocketScenario } from "./websocket-scenario.ts";

export const websocket = webSocketScenario({ name: "websocket", size: "64 bytes", messageBytes: 64 });
