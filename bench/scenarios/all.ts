import type { Scenario } from "../scenario.ts";
import { body10m } from "./body10m.ts";
import { body64k } from "./body64k.ts";
import { heldMemory } from "./held-memory.ts";
import { post } from "./post.ts";
import { releaseLatency } from "./release-latency.ts";
import { replace } from "./replace.ts";
import { small } from "./small.ts";
import { swap } from "./swap.ts";
import { tunnelMemory } from "./tunnel-memory.ts";
import { websocket } from "./websocket.ts";

/** In the order they are run and shown. */
export const allScenarios: readonly Scenario[] = [
  small,
  post,
  body64k,
  body10m,
  websocket,
  tunnelMemory,
  heldMemory,
  releaseLatency,
  swap,
  replace,
];
