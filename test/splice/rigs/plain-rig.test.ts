import { describeRig } from "./rig-contract.ts";
import { plainRig } from "./plain-rig.ts";

describeRig({ rig: plainRig({ serverDeflates: false, clientDeflates: false }), comesBack: false }, "plain");
describeRig({ rig: plainRig({ serverDeflates: true, clientDeflates: true }), comesBack: false }, "deflated");
describeRig(
  { rig: plainRig({ serverDeflates: false, clientDeflates: true }), comesBack: false },
  "deflated by the client only",
);
