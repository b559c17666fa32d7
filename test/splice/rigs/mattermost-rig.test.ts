import { rig } from "./mattermost-rig.ts";
import { describeRig } from "./rig-contract.ts";

describeRig({ rig, comesBack: false });
