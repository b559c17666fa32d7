// What the chatters sent and what came of it. Only counts; what they mean is in report.ts.

export type RequestKind = "POST" | "GET" | "poll" | "stream" | "handshake";

export interface Outcomes {
  answered: () => void;
  failed: (why: string) => void;
  /** Whoever asked has left before the answer. */
  withdrawn: () => void;
}

export class Tally {
  sent = 0;
  answered = 0;
  failed = 0;
  /** Why requests failed, with how often. */
  readonly failures = new Map<string, number>();
  readonly postedKeys: string[] = [];
  readonly webSocketCloses = new Map<number, number>();
  backAtFirstTry = 0;
  backLater = 0;
  streamsEnded = 0;
  longestPauseMs = 0;

  /** Counts a request on its way; one of what it returns counts how it ended. */
  request(kind: RequestKind): Outcomes {
    this.sent++;
    return {
      withdrawn: () => void this.sent--,
      answered: () => void this.answered++,
      failed: (why) => {
        this.failed++;
        addOne(this.failures, `${kind}: ${why}`);
      },
    };
  }

  posted(key: string): void {
    this.postedKeys.push(key);
  }

  /** How long a chatter waited for something that usually comes at once. */
  pause(pauseMs: number): void {
    this.longestPauseMs = Math.max(this.longestPauseMs, pauseMs);
  }

  webSocketClosed(code: number): void {
    addOne(this.webSocketCloses, code);
  }

  webSocketBack(tries: number): void {
    if (tries === 1) this.backAtFirstTry++;
    else this.backLater++;
  }

  streamEnded(): void {
    this.streamsEnded++;
  }
}

function addOne<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
