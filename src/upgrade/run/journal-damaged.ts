/** What a run has left behind cannot be read, other than by its last line being torn. It is never overwritten. */
export class JournalDamaged extends Error {
  constructor(path: string, reason: string, options?: ErrorOptions) {
    const remedy =
      "it was left as it is; put a good copy in its place, or bring the service in order by hand and move the directory away";
    super(`cannot read ${path}: ${reason}; ${remedy}`, options);
    this.name = "JournalDamaged";
  }
}
