import { describeRig } from "./rig-contract.ts";
import { rig } from "./sockjs-rig.ts";

describeRig({ rig, comesBack: true });
