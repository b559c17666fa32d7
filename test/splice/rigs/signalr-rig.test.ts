import { describeRig } from "./rig-contract.ts";
import { rig } from "./signalr-rig.ts";

describeRig({ rig, comesBack: true });
