// The names under which an upgrade keeps the images that it replaces, so that no prune takes them.

const REPOSITORY = "holdgate/rollback";

/** @param number from 1: a target may be several containers with several images. */
export function rollbackTag(run: string, target: string, number = 1): string {
  const suffix = number === 1 ? "" : `-${number}`;
  return `${REPOSITORY}:${tagPart(run)}-${tagPart(target)}${suffix}`.slice(0, REPOSITORY.length + 1 + 128);
}

/** Those of one run and target. */
export function rollbackTags(tags: readonly string[], run: string, target: string): string[] {
  const own = rollbackTag(run, target);
  return tags.filter(
    (tag) => tag === own || (tag.startsWith(`${own}-`) && /^\d+$/.test(tag.slice(own.length + 1))),
  );
}

/** What a tag may be made of. */
function tagPart(text: string): string {
  return text.replaceAll(/[^\w.-]/g, "_");
}
