import { httpScenario } from "./http-scenario.ts";

export const body10m = httpScenario({
  name: "body10m",
  title: "answers of 10 MiB, 8 connections",
  path: "/10m",
  connections: 8,
  unit: "MB",
});
