import { rig } from "./custom-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: false });
