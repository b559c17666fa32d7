// Which name an id has, as far as it was seen, so that messages can say what a person knows.

const LIMIT = 1000;

export class KnownNames {
  readonly #names = new Map<string, string>();

  note(id: string, name: string): void {
    this.#names.delete(id);
    this.#names.set(id, name.replace(/^\//, ""));
    const [oldest] = this.#names.keys();
    if (oldest !== undefined && this.#names.size > LIMIT) this.#names.delete(oldest);
  }

  /** `chat-server (3f2a91c07d5e)`, or just what was given. */
  describe(idOrName: string): string {
    const name = this.#names.get(idOrName);
    return name === undefined ? shorten(idOrName) : `${name} (${shorten(idOrName)})`;
  }
}

function shorten(idOrName: string): string {
  return /^[0-9a-f]{64}$/.test(idOrName) ? idOrName.slice(0, 12) : idOrName;
}
