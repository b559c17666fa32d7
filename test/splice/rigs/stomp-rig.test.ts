import { describeRig } from "./rig-contract.ts";
import { stompRig } from "./stomp-rig.ts";

// The client's own 5 s would make it a slow test.
describeRig({ rig: stompRig({ reconnectDelay: 200 }), comesBack: true });
