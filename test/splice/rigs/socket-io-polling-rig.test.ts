import { describeRig } from "./rig-contract.ts";
import { socketIoRig } from "./socket-io-rig.ts";

describeRig({ rig: socketIoRig(["polling"]), comesBack: true, isHeld: true }, "polling only");
