import { rig } from "./chatalot-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: false });
