// MQTT 5.0 with acknowledged messages in a session that its broker keeps.

import { mqttRig } from "./mqtt-rig.ts";
import type { Rig } from "./rig.ts";

export const rig: Rig = mqttRig({ version: "5", clean: false, qos: 1 });
