import { expect, test } from "vitest";
import { resolveService } from "../../src/control/resolve-service.ts";
import { serviceSettings, testSettings } from "./fixtures.ts";

const one = testSettings();
const two = testSettings([serviceSettings("chat"), serviceSettings("wiki")]);

test("a service that is named is found", () => {
  expect(resolveService(two, "wiki").name).toBe("wiki");
});

test("the only service need not be named", () => {
  expect(resolveService(one).name).toBe("chat");
});

test("with several services, leaving the name out is an error that lists them", () => {
  expect(() => resolveService(two)).toThrow(
    expect.objectContaining({
      code: "service_required",
      message: "several services are configured, so name one of them: chat, wiki",
    }),
  );
});

test("an unknown name is an error, also when there is one service only", () => {
  expect(() => resolveService(one, "wiki")).toThrow(
    expect.objectContaining({
      code: "unknown_service",
      message: "there is no service wiki; configured: chat",
    }),
  );
});
