// Lets these examples run in a clone, where nothing has been built: `holdgate/middleware` is its source then.
//
//   bin/with-node --import ./examples/embedding/from-clone.ts examples/embedding/express-server.ts

import { registerHooks } from "node:module";

const SOURCE = new URL("../../src/middleware/holdgate.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === "holdgate/middleware" ? SOURCE : specifier, context),
});
