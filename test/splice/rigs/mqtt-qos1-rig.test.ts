import { rig } from "./mqtt-qos1-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: true }, "mqtt-qos1");
