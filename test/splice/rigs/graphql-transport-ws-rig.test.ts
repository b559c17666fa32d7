import { sleep } from "../../../src/lib/sleep.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { graphqlRig } from "./graphql-transport-ws-rig.ts";
import { describeRig } from "./rig-contract.ts";

// The client's own 1.3 to 4 s would make it a slow test. Long enough for the next server: a refused connection is final.
describeRig({ rig: graphqlRig({ retryWait: () => sleep(systemClock, 300) }), comesBack: true });
