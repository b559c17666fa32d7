import { httpScenario } from "./http-scenario.ts";

export const post = httpScenario({
  name: "post",
  title: "POSTs of 1 KiB, 64 connections",
  path: "/post",
  connections: 64,
  postBytes: 1024,
  unit: "req",
});
