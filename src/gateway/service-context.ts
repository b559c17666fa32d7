// What the parts of one service share: its settings and mode as they are now, and where they report to.

import type { ServiceSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import { newCounters } from "./counters.ts";
import type { GatewayEvent } from "./gateway-port.ts";
import { noticeLine } from "./notice-line.ts";
import { ServiceAnswers } from "./service-answers.ts";
import type { Mode, Notice, ServiceSnapshot } from "./snapshot.ts";
import { Waiters } from "./waiters.ts";

export class ServiceContext {
  readonly name: string;
  readonly clock: Clock;
  readonly emit: (event: GatewayEvent) => void;
  readonly counters = newCounters();
  readonly answers: ServiceAnswers;
  readonly waiters = new Waiters();
  settings: ServiceSettings;
  /** What is in force; the lease's end may be ahead of what control has recorded. */
  mode: Mode = { name: "open" };
  /** What users are told of an interruption to come. */
  notice: Notice | null = null;
  /** The same as a header line, made once so that an answer costs no more than a look. */
  noticeLine = "";

  constructor(snapshot: ServiceSnapshot, clock: Clock, emit: (event: GatewayEvent) => void) {
    this.name = snapshot.name;
    this.settings = snapshot.settings;
    this.clock = clock;
    this.emit = emit;
    this.answers = new ServiceAnswers(clock, snapshot.settings.maintenance);
  }

  tell(notice: Notice | null): void {
    this.notice = notice;
    this.noticeLine = noticeLine(notice);
  }

  configure(settings: ServiceSettings): void {
    this.settings = settings;
    this.answers.configure(settings.maintenance);
  }
}
