import { rig } from "./phoenix-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: true });
