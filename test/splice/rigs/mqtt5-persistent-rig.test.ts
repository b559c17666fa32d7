import { rig } from "./mqtt5-persistent-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: true }, "mqtt5-persistent");
