import * as library from "@rails/actioncable";
import { afterAll, beforeAll } from "vitest";
import { actioncableRig } from "./actioncable-rig.ts";
import { describeRig } from "./rig-contract.ts";

// The client's own 6 s would make it a slow test; the pings come as much more often.
const monitor: { staleThreshold: number } = Reflect.get(library, "ConnectionMonitor");
const theirs = monitor.staleThreshold;
beforeAll(() => {
  monitor.staleThreshold = 0.6;
});
afterAll(() => {
  monitor.staleThreshold = theirs;
});

describeRig({ rig: actioncableRig({ pingMs: 100 }), comesBack: true });
