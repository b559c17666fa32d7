import { httpScenario } from "./http-scenario.ts";

export const small = httpScenario({
  name: "small",
  title: "small GETs with a browser's headers, 64 connections",
  path: "/small",
  connections: 64,
  unit: "req",
});
