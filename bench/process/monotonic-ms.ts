/** Milliseconds of the one clock that all processes of this machine share and nobody sets back. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
