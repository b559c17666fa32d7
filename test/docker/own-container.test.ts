import { expect, test } from "vitest";
import { ownContainerId } from "../../src/docker/own-container.ts";

const OWN = "a".repeat(64);
const OTHER = "b".repeat(64);
const mount = (id: string, file: string, at: string): string =>
  `700 600 8:1 /var/lib/docker/containers/${id}/${file} ${at} rw,relatime - ext4 /dev/sda1 rw\n`;

test("the files that the engine mounts into every container name it, those of other containers do not", () => {
  const foreign = mount(OTHER, "mounts/shm", `/var/lib/docker/containers/${OTHER}/mounts/shm`);
  expect(ownContainerId(foreign + mount(OWN, "hostname", "/etc/hostname"), "")).toBe(OWN);
  expect(ownContainerId(foreign, "")).toBeUndefined();
});

test("else the control group does, in either of its versions", () => {
  expect(ownContainerId("", `12:pids:/docker/${OWN}\n1:cpu:/docker/${OWN}\n`)).toBe(OWN);
  expect(ownContainerId("", `0::/system.slice/docker-${OWN}.scope\n`)).toBe(OWN);
  expect(ownContainerId("", "0::/user.slice\n")).toBeUndefined();
});
