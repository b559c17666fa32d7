// A dry run as text.

import type { DescribedCall, DescribedStep, DryRun } from "./describe-program.ts";
import type { Downtime, Noticed } from "./downtime.ts";
import type { FoundImage } from "./look-up-images.ts";

export function renderDryRun(dryRun: DryRun): string {
  const { plan, service, steps, images, drift } = dryRun;
  const all = flatten(steps);
  return [
    [`${plan}: what a run would do to the service ${service}. Nothing has been changed.`],
    ...steps.map((step, index) => stepLines(step, `${index + 1}.`)),
    section("Users", userLines(steps)),
    section("Point of no return", all.flatMap(pointLines)),
    section(
      "A rollback loses",
      all.flatMap(({ id, loses }) => (loses === null ? [] : [`${id}: ${loses}`])),
    ),
    section("Images", images.map(imageLine)),
    section("Docker Compose", drift),
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function stepLines(step: DescribedStep, number: string): string[] {
  const when = step.when === null ? "" : ` (when ${step.when})`;
  const inner = [
    ...step.calls.flatMap((call) => callLines(call, "-")),
    ...step.changes.flatMap(({ of, lines }) => [`≠ ${of}`, ...lines.map((line) => `    ${line}`)]),
    ...step.branches.flatMap((branch) => stepLines(branch, "‖")),
    ...(step.wayBack ?? []).flatMap((call) => callLines(call, "↩")),
  ];
  return [`${number} ${step.id}: ${step.title}${when}`, ...inner.map((line) => `   ${line}`)];
}

function callLines({ call, cause }: DescribedCall, sign: string): string[] {
  return [`${sign} ${call}`, `    ${cause}`];
}

const DOWNTIME_WORDS: Record<Downtime, string> = {
  none: "notice nothing",
  hold: "wait for their answers, as long as the hold lasts",
  "automatic-hold": "wait for their answers while the app is away, though the plan holds nothing",
  maintenance: "see the maintenance page",
};

function userLines(steps: readonly DescribedStep[]): string[] {
  const lines = steps.flatMap(({ id, noticed }) =>
    isNothing(noticed) ? [] : [`${id}: they ${noticedWords(noticed)}`],
  );
  return lines.length === 0 ? ["they notice nothing"] : lines;
}

function isNothing({ downtime, closesTunnels }: Noticed): boolean {
  return downtime === "none" && !closesTunnels;
}

function noticedWords({ downtime, closesTunnels }: Noticed): string {
  const tunnels = closesTunnels ? ["their WebSockets are closed, and come back"] : [];
  const requests = downtime === "none" && closesTunnels ? [] : [DOWNTIME_WORDS[downtime]];
  return [...requests, ...tunnels].join("; ");
}

function pointLines({ id, pointOfNoReturn, wayBack }: DescribedStep): string[] {
  if (pointOfNoReturn === null) return [];
  const when = pointOfNoReturn === "migrated" ? ", if it changes the schema" : "";
  if (wayBack === null)
    return [`${id}${when}: after it there is no way back, and a failure pauses the run in maintenance`];
  const calls = wayBack.map(({ call }) => call).join("; ");
  return [`${id}${when}: after it the way back is ${calls === "" ? "declared to be nothing" : calls}`];
}

function imageLine({ image, here, digestHere, digest, problem }: FoundImage): string {
  const before = here === null ? "not here" : `here ${short(digestHere ?? here)}`;
  if (digest === null)
    return `${image}: ${before}; the registry does not say (${problem ?? "it was not asked"})`;
  if (digest === digestHere) return `${image}: ${before}, which the registry has too`;
  return `${image}: ${before} → ${short(digest)}`;
}

function short(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function flatten(steps: readonly DescribedStep[]): DescribedStep[] {
  return steps.flatMap((step) => [step, ...flatten(step.branches)]);
}
