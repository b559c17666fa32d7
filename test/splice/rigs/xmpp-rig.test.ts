import { describeRig } from "./rig-contract.ts";
import { rig } from "./xmpp-rig.ts";

describeRig({ rig, comesBack: true });
