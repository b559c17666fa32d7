import type { Scenario } from "../scenario.ts";
import { body10m } from "./body10m.ts";
import { body64k } from "./body64k.ts";
import { heldMemory } from "./held-memory.ts";
import { post } from "./post.ts";
import { releaseLatency } from "./release-latency.ts";
import { replace } from "./replace.ts";
import { small } from "./small.ts";
import { spliceMove } from "./splice-move.ts";
import { swap } from "./swap.ts";
import { tunnelMemory } from "./tunnel-memory.ts";
import { websocket } from "./websocket.ts";
import { websocket16k } from "./websocket16k.ts";

/** In the order they are run and shown. */
export const allScenarios: readonly Scenario[] = [
  small,
  post,
  body64k,
  body10m,
  websocket,
  websocket16k,
  tunnelMemory,
  heldMemory,
  releaseLatency,
  swap,
  spliceMove,
  replace,
];
