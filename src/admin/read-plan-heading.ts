// What the gateway has to know of a plan that it passes on: its name and its service. All the rest is the runner's to
// read, and to refuse with places.

import { isMap, parseDocument } from "yaml";

export interface PlanHeading {
  name: string | null;
  /** Null: not said, or said with a variable in it. */
  service: string | null;
}

export function readPlanHeading(text: string): PlanHeading {
  // Whether keys stand twice is the runner's to say: comparing tens of thousands would stop all traffic for a minute.
  const document = parseDocument(text, { logLevel: "silent", uniqueKeys: false });
  const read = (key: string): string | null => {
    // get() throws when the document is a list or a line of text.
    const value: unknown = isMap(document.contents) ? document.get(key) : undefined;
    return typeof value === "string" && !value.includes("${") ? value.slice(0, 200) : null;
  };
  return { name: read("name"), service: read("service") };
}
