import { httpScenario } from "./http-scenario.ts";

export const body64k = httpScenario({
  name: "body64k",
  title: "answers of 64 KiB, 64 connections",
  path: "/64k",
  connections: 64,
  unit: "MB",
});
