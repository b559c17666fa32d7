import type { Slots } from "./snapshot.ts";

export type SlotName = keyof Slots;

/** Null: it is known, and in none. */
export function slotOf(slots: Slots, name: string): SlotName | null {
  if (slots.active === name) return "active";
  if (slots.candidate === name) return "candidate";
  return slots.previous === name ? "previous" : null;
}
