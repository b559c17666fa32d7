import { rig } from "./mqtt-persistent-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: true }, "mqtt-persistent");
