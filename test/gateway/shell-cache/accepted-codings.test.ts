import { expect, test } from "vitest";
import { acceptedCodings } from "../../../src/gateway/shell-cache/accepted-codings.ts";

test.each([
  [undefined, ["identity"]],
  ["", ["identity"]],
  ["gzip, deflate, br, zstd", ["br", "zstd", "gzip", "deflate", "identity"]],
  ["GZIP;q=0.5", ["gzip", "identity"]],
  ["gzip;q=0", ["identity"]],
  ["*", ["br", "zstd", "gzip", "deflate", "identity"]],
  ["gzip, *;q=0", ["gzip"]],
  ["identity;q=0, gzip", ["gzip"]],
  ["br;q=nonsense", ["identity"]],
])("Accept-Encoding %j takes %j", (header, codings) => {
  expect(acceptedCodings(header)).toEqual(codings);
});
