// The last ten minutes of one service, a point a second, made of the counters that the status carries. Where nobody
// looked, because the tab was hidden or the gateway away, there is a gap and no invented line.

/** Upper bounds of `answerTimes`, as src/gateway/counters.ts has them. */
export const ANSWER_TIME_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

export const WINDOW_S = 600;
/** Further apart, two looks say nothing of each second between them. */
const LONGEST_STEP_S = 5;
/** Answers of so many seconds are ranked together: of one second there may be too few. */
const RANKED_S = 10;

export const MEASURES = ["requests", "errors", "failed", "inFlight", "held", "tunnels", "p50", "p95"];

export class Series {
  /** Seconds since 1970, and a value or null for each. */
  times = [];
  values = Object.fromEntries(MEASURES.map((name) => [name, []]));
  #last = null;
  /** Of the last RANKED_S seconds. */
  #answerTimes = [];

  /** `startedAt`: of the gateway's process, with which its counters begin. */
  add(service, { atMs, startedAt }) {
    const at = atMs / 1000;
    const last = this.#last;
    this.#last = { at, startedAt, counters: service.counters };
    if (last && at <= last.at) return;
    const isNext = last !== null && at - last.at <= LONGEST_STEP_S && last.startedAt === startedAt;
    if (!isNext) this.#breakLine(last);
    const { inFlight, held, tunnels } = service;
    this.#push(at, { inFlight, held, tunnels, ...(isNext ? this.#rates(last, at, service.counters) : {}) });
  }

  /** The newest value, or null. */
  now(name) {
    return this.values[name].at(-1) ?? null;
  }

  most(name) {
    return this.values[name].reduce((most, value) => (value !== null && value > most ? value : most), 0);
  }

  #rates(last, at, counters) {
    const seconds = at - last.at;
    const rate = (count) => Math.max(0, count(counters) - count(last.counters)) / seconds;
    const taken = counters.answerTimes.map((count, index) => Math.max(0, count - (last.counters.answerTimes[index] ?? 0)));
    this.#answerTimes.push({ at, taken });
    while (this.#answerTimes[0].at <= at - RANKED_S) this.#answerTimes.shift();
    const together = sum(this.#answerTimes.map((entry) => entry.taken));
    return {
      requests: rate(({ admitted }) => admitted),
      errors: rate(({ answers }) => answers[5] ?? 0),
      failed: rate(({ failed }) => failed),
      p50: quantile(together, 0.5),
      p95: quantile(together, 0.95),
    };
  }

  #breakLine(last) {
    this.#answerTimes = [];
    if (last) this.#push(last.at + 0.5, {});
  }

  #push(at, point) {
    this.times.push(at);
    for (const name of MEASURES) this.values[name].push(point[name] ?? null);
    while (this.times[0] < at - WINDOW_S) {
      this.times.shift();
      for (const name of MEASURES) this.values[name].shift();
    }
  }
}

function sum(lists) {
  return (lists[0] ?? []).map((_, index) => lists.reduce((total, counts) => total + (counts[index] ?? 0), 0));
}

/** Milliseconds, by position within the bucket; null when nothing was answered. */
export function quantile(counts, share) {
  const total = counts.reduce((all, count) => all + count, 0);
  if (total === 0) return null;
  const rank = share * total;
  let before = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) {
      const from = ANSWER_TIME_BOUNDS_MS[index - 1] ?? 0;
      const to = ANSWER_TIME_BOUNDS_MS[index] ?? from;
      return from + ((to - from) * (rank - before)) / count;
    }
    before += count;
  }
  return ANSWER_TIME_BOUNDS_MS.at(-1);
}
