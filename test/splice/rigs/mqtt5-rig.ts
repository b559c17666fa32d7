// MQTT 5.0 in a clean session.

import { mqttRig } from "./mqtt-rig.ts";
import type { Rig } from "./rig.ts";

export const rig: Rig = mqttRig({ version: "5", clean: true, qos: 0 });
