import { rig } from "./first-message-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: false });
