// The admin API as the console calls it: with the token in a header, a deadline, and errors as problems (RFC 9457).

const READ_MS = 10_000;
const WRITE_MS = 20_000;
const AGAIN_MS = 500;

/** What the API refused, or why it could not be asked (`unreachable`). */
export class Problem extends Error {
  constructor({ code, status = 0, title, detail }) {
    super(detail);
    this.code = code;
    this.status = status;
    this.title = title;
  }
}

export class Api {
  #token;
  #onUnauthorized;

  /** `token`: null when none is needed. */
  constructor({ token, onUnauthorized = () => {} }) {
    this.#token = token;
    this.#onUnauthorized = onUnauthorized;
  }

  async get(path) {
    return this.#answer(await this.send(path, { signal: AbortSignal.timeout(READ_MS) }));
  }

  /**
   * With `version`, only while the state is the one that was seen. When the line breaks it is asked once more with the
   * same Idempotency-Key, so that it happens once whether or not the first one had arrived.
   */
  async write(method, path, { body, version } = {}) {
    const headers = { "Idempotency-Key": randomKey() };
    if (version !== undefined) headers["If-Match"] = `"${version}"`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const ask = () =>
      this.send(path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(WRITE_MS),
      });
    return this.#answer(
      await ask().catch(async (problem) => {
        if (problem.code !== "unreachable") throw problem;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        return ask();
      }),
    );
  }

  /** The bare answer; throws a Problem when there is none, or one that is not a success. */
  async send(path, { headers, ...options } = {}) {
    const authorization = this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` };
    let response;
    try {
      response = await fetch(path, {
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        ...options,
        headers: { ...authorization, ...headers },
      });
    } catch (cause) {
      if (options.signal?.aborted && options.signal.reason?.name !== "TimeoutError") throw cause;
      throw unreachable();
    }
    if (response.ok) return response;
    const problem = await readProblem(response);
    if (problem.status === 401) this.#onUnauthorized(problem);
    throw problem;
  }

  async #answer(response) {
    try {
      return { body: await response.json(), date: Date.parse(response.headers.get("date") ?? "") };
    } catch {
      throw unreachable();
    }
  }
}

function unreachable() {
  return new Problem({
    code: "unreachable",
    title: "The gateway cannot be reached",
    detail: "The gateway did not answer. Is it running, and is this machine still connected to it?",
  });
}

async function readProblem(response) {
  const body = await response.json().catch(() => null);
  const text = (value, otherwise) => (typeof value === "string" ? value : otherwise);
  return new Problem({
    status: response.status,
    code: text(body?.code, "unknown"),
    title: text(body?.title, `The gateway answered ${response.status}`),
    detail: text(body?.detail, response.statusText),
  });
}

// Not crypto.randomUUID, which http://10.0.0.5:9180 does not have: that is no secure context.
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
