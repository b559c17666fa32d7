import { expect, test } from "vitest";
import { readPlanHeading } from "../../src/admin/read-plan-heading.ts";

test("the name and the service of a plan are read, where they are said", () => {
  expect(readPlanHeading("name: chat\nservice: web\nsteps: []")).toEqual({ name: "chat", service: "web" });
  expect(readPlanHeading("name: chat\nservice: ${service}")).toEqual({ name: "chat", service: null });
  expect(readPlanHeading("- no plan")).toEqual({ name: null, service: null });
});

// Compared with each other they took 40 s; read once they take a fraction of one.
test("a plan of very many keys does not keep the gateway from its work", { timeout: 60_000 }, () => {
  const keys = Array.from({ length: 25_000 }, (_, index) => `k${index}: 1`);
  const before = performance.now();
  expect(readPlanHeading(["name: chat", ...keys].join("\n"))).toMatchObject({ name: "chat" });
  expect(performance.now() - before).toBeLessThan(10_000);
});
