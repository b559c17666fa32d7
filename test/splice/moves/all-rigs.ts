// The rigs of the protocols that are moved.

import { rig as actioncable } from "../rigs/actioncable-rig.ts";
import { rig as graphql } from "../rigs/graphql-transport-ws-rig.ts";
import { rig as phoenix } from "../rigs/phoenix-rig.ts";
import { rig as plain } from "../rigs/plain-rig.ts";
import type { Rig } from "../rigs/rig.ts";
import { rig as socketIo } from "../rigs/socket-io-rig.ts";

export const MOVED_RIGS: readonly Rig[] = [plain, socketIo, actioncable, phoenix, graphql];
