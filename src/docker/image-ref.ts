// The name of an image, taken apart: `ghcr.io/example/chat:1.2@sha256:…`.

export interface ImageRef {
  /** As written, without tag and digest: what the engine calls the repository. */
  name: string;
  /** `docker.io` when the name has none. */
  registry: string;
  /** Within the registry; `library/…` for the bare names of Docker Hub. */
  repository: string;
  /** `latest` when there is neither tag nor digest. */
  tag: string | null;
  digest: string | null;
}

const NAME = /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-fA-F0-9]{32,}$/;

/** Undefined when it is no name of an image. */
export function parseImageRef(text: string): ImageRef | undefined {
  const [tagged = "", digest = null, ...more] = text.split("@");
  // A colon before the last slash belongs to the registry's port.
  const colon = tagged.indexOf(":", tagged.lastIndexOf("/") + 1);
  const name = colon === -1 ? tagged : tagged.slice(0, colon);
  const tag = colon === -1 ? null : tagged.slice(colon + 1);
  if (more.length > 0 || !NAME.test(name)) return undefined;
  if ((tag !== null && !TAG.test(tag)) || (digest !== null && !DIGEST.test(digest))) return undefined;
  return { name, ...placeOf(name), tag: tag ?? (digest === null ? "latest" : null), digest };
}

/** The reverse; `latest` is written out. */
export function formatImageRef({ name, tag, digest }: Pick<ImageRef, "name" | "tag" | "digest">): string {
  return `${name}${tag === null ? "" : `:${tag}`}${digest === null ? "" : `@${digest}`}`;
}

function placeOf(name: string): { registry: string; repository: string } {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  // Only a dot, a port or this very name tells a registry from an owner.
  if (/[.:]/.test(first) || first === "localhost") {
    return hubAlias(first, name.slice(slash + 1));
  }
  return hubAlias("docker.io", name);
}

function hubAlias(registry: string, repository: string): { registry: string; repository: string } {
  if (registry !== "docker.io" && registry !== "index.docker.io") return { registry, repository };
  return {
    registry: "docker.io",
    repository: repository.includes("/") ? repository : `library/${repository}`,
  };
}
