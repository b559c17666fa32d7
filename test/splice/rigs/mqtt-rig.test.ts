import { rig } from "./mqtt-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: true }, "mqtt");
