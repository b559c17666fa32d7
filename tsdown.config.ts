// What `npm pack` packs: src/ as JavaScript and declarations, because Node strips no types below node_modules. File for
// file, so that dist/ is as deep as src/ and finds public/ and config/ by the same relative URLs.

import { defineConfig } from "tsdown";

export default defineConfig({
  // What is run or imported from outside, each with its place in `exports` or `bin` of package.json.
  entry: ["src/cli/main.ts", "src/middleware/holdgate.ts"],
  root: "src",
  outDir: "dist",
  format: "esm",
  platform: "node",
  target: "node26",
  unbundle: true,
  fixedExtension: false,
  dts: true,
  report: false,
  logLevel: "warn",
});
