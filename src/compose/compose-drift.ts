// What Docker Compose makes of a container that an upgrade has replaced. Its files still say what they said: the next
// `docker compose up` puts the old image back, unless they are changed too.

import type { ContainerInspect } from "../docker/engine.ts";
import { composeOrigin, type ComposeOrigin } from "./compose-labels.ts";

/** Sentences for the operator; none when the container is not of Compose, or stays as Compose has made it. */
export function composeDrift(container: ContainerInspect, newImage: string): string[] {
  const origin = composeOrigin(container.Config.Labels);
  if (origin === undefined) return [];
  const oldImage = container.Config.Image;
  const place = `services.${origin.service}.image`;
  if (oldImage === newImage) {
    return [
      `${call(origin)} recreates ${origin.service} only where the name ${newImage} means another image by then; ${place} need not be changed`,
    ];
  }
  return [
    `${fileOf(origin)} says ${oldImage} for ${origin.service}: ${call(origin)} would put that back; set ${place} to ${newImage}`,
    `after that change the next "docker compose up" recreates ${origin.service} once, from the same image, because its configuration has changed; do it when an interruption is allowed, or hold the service meanwhile`,
    `until "retire" has removed the old container, Compose counts it as a second one of ${origin.service}, and "up" may remove it`,
  ];
}

function call({ project, directory }: ComposeOrigin): string {
  const where = directory === null ? "" : ` in ${directory}`;
  return `"docker compose up"${where} (project ${project})`;
}

function fileOf({ files, service }: ComposeOrigin): string {
  return files.length === 0 ? `the compose file of ${service}` : files.join(" or ");
}
