import { describe, expect, test } from "vitest";
import { formatImageRef, parseImageRef } from "../../src/docker/image-ref.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("the name of an image", () => {
  test.each([
    ["chat", "docker.io", "library/chat", "latest", null],
    ["example/chat:1.2", "docker.io", "example/chat", "1.2", null],
    ["ghcr.io/example/chat:v1", "ghcr.io", "example/chat", "v1", null],
    ["localhost/chat", "localhost", "chat", "latest", null],
    ["127.0.0.1:5000/a/b/chat", "127.0.0.1:5000", "a/b/chat", "latest", null],
    ["127.0.0.1:5000/chat:2", "127.0.0.1:5000", "chat", "2", null],
    [`chat@${DIGEST}`, "docker.io", "library/chat", null, DIGEST],
    [`ghcr.io/example/chat:1@${DIGEST}`, "ghcr.io", "example/chat", "1", DIGEST],
    ["index.docker.io/example/chat", "docker.io", "example/chat", "latest", null],
  ])("%s is of %s, repository %s", (text, registry, repository, tag, digest) => {
    expect(parseImageRef(text)).toMatchObject({ registry, repository, tag, digest });
  });

  test.each(["", "Chat", "chat:", "chat@sha256:1", "chat@", "a b", "chat:1:2", "/chat", "chat@a@b", "-chat"])(
    "%s is none",
    (text) => {
      expect(parseImageRef(text)).toBeUndefined();
    },
  );

  test("is written as it was, with latest", () => {
    const parsed = parseImageRef(`127.0.0.1:5000/chat:2@${DIGEST}`);
    expect(parsed && formatImageRef(parsed)).toBe(`127.0.0.1:5000/chat:2@${DIGEST}`);
    const bare = parseImageRef("chat");
    expect(bare && formatImageRef(bare)).toBe("chat:latest");
  });
});
