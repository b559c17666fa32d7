// MQTT 3.1.1 with acknowledged messages in a clean session.

import { mqttRig } from "./mqtt-rig.ts";
import type { Rig } from "./rig.ts";

export const rig: Rig = mqttRig({ version: "3.1.1", clean: true, qos: 1 });
