// The console of somebody who is logged in: what is read, when, and which view is told.

import { ActionDialog } from "./action-dialog.js";
import { Api } from "./api.js";
import { el, show, write } from "./dom.js";
import { EventStream } from "./event-stream.js";
import { HeaderView } from "./header-view.js";
import { Notices } from "./notices.js";
import { readAudit, readEvent, readUpgrades } from "./read-status.js";
import { AuditView, EventView } from "./record-views.js";
import { Refresher } from "./refresher.js";
import { MODE_NAMES } from "./sentences.js";
import { Series } from "./series.js";
import { ServiceView } from "./service-view.js";
import { StatusFeed } from "./status-feed.js";
import { UpgradeView, isLive, questionOf } from "./upgrade-view.js";

/** Everything is asked for again so often, although no event says that it has changed. */
const ANYWAY_MS = 30_000;

export class App {
  node;
  #api;
  #feed;
  #events;
  #upgrades;
  #audit;
  #anyway;
  #header;
  #service;
  #upgradeView;
  #eventView = new EventView();
  #auditView = new AuditView();
  #dialog;
  #notices = new Notices();
  #empty = el("p", { class: "empty panel", text: "No service is configured." });
  #ending = new AbortController();
  /** By service. */
  #series = new Map();
  #runs = [];
  #status = null;
  #now = Date.now();
  #seenAt = null;
  #problem = null;
  #eventState = "connecting";

  /** `onEnd(reason)` when the token is no longer known, or null when somebody logs out. */
  constructor({ token, actor, scope, onEnd }) {
    const canOperate = scope === "operate";
    this.#api = new Api({ token, onUnauthorized: () => this.#end("The gateway no longer knows this token.", onEnd) });
    this.#header = new HeaderView({ actor, scope, onLogOut: token === null ? null : () => this.#end(null, onEnd) });
    this.#dialog = new ActionDialog({ api: this.#api, onDone: (describe) => this.#afterWrite(describe) });
    this.#service = new ServiceView({ canOperate, actor, onAction: (action) => this.#askAction(action) });
    this.#upgradeView = new UpgradeView({ canOperate, onOrder: (order, id) => this.#askOrder(order, id) });
    this.#feed = new StatusFeed(this.#api, {
      onStatus: (status, now) => this.#take(status, now),
      onLost: (problem) => this.#lose(problem),
    });
    this.#events = new EventStream(this.#api, {
      onEvent: (event) => this.#hear(readEvent(event)),
      onMissed: () => this.#eventView.addGap(),
      onState: (state) => this.#showConnection(state),
    });
    this.#upgrades = new Refresher(() => this.#readUpgrades(), 200);
    this.#audit = new Refresher(() => this.#readAudit(), 500);
    const main = el("main", { id: "main" }, this.#empty, this.#service.node, this.#upgradeView.node, this.#eventView.node, this.#auditView.node);
    this.node = el("div", { class: "app" }, this.#header.node, this.#header.lost, main, this.#notices.node, this.#dialog.node);
    show(this.#empty, false);
  }

  start() {
    const { signal } = this.#ending;
    document.addEventListener("visibilitychange", () => this.#follow(), { signal });
    addEventListener("hashchange", () => this.#render(), { signal });
    addEventListener("online", () => void this.#feed.look(), { signal });
    this.#follow();
  }

  /** Nobody looks at a hidden tab: then nothing is asked for. */
  #follow() {
    clearInterval(this.#anyway);
    if (document.hidden) {
      this.#feed.stop();
      this.#events.stop();
      return;
    }
    this.#feed.start();
    this.#events.start();
    this.#readRecords();
    this.#anyway = setInterval(() => this.#readRecords(), ANYWAY_MS);
  }

  #readRecords() {
    void this.#upgrades.now();
    void this.#audit.now();
  }

  #end(reason, onEnd) {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    clearInterval(this.#anyway);
    this.#feed.stop();
    this.#events.stop();
    this.#upgrades.stop();
    this.#audit.stop();
    onEnd(reason);
  }

  #take(status, now) {
    if (this.#status?.stateVersion !== status.stateVersion) this.#audit.soon();
    this.#status = status;
    this.#now = now;
    this.#seenAt = Date.now();
    this.#problem = null;
    for (const service of status.services) {
      const series = this.#series.get(service.name) ?? new Series();
      this.#series.set(service.name, series);
      series.add(service, { atMs: this.#seenAt, startedAt: status.startedAt });
    }
    for (const name of this.#series.keys()) if (!status.services.some((service) => service.name === name)) this.#series.delete(name);
    if (this.#isUpgrading()) this.#upgrades.soon();
    this.#showConnection(this.#eventState);
    this.#render();
  }

  /** Steps tell how far they are without an event for each word. */
  #isUpgrading() {
    const known = new Set(this.#runs.map(({ id }) => id));
    return this.#runs.some(isLive) || this.#status.services.some(({ upgrade }) => upgrade !== null && !known.has(upgrade.id));
  }

  #lose(problem) {
    this.#problem = problem;
    this.#showConnection(this.#eventState);
  }

  #showConnection(eventState) {
    this.#eventState = eventState;
    this.#header.showConnection({ events: eventState, problem: this.#problem, seenAt: this.#seenAt });
  }

  #hear(event) {
    this.#eventView.add(event);
    // There may be hundreds of those in a second, and nobody has ordered them one by one.
    if (!/^(?:wave|tunnel_)/.test(event.type)) this.#audit.soon();
    if (event.type.startsWith("upgrade_")) this.#upgrades.soon();
  }

  async #readUpgrades() {
    const { body } = await this.#api.get("admin/upgrades");
    this.#runs = readUpgrades(body).upgrades;
    this.#render();
  }

  async #readAudit() {
    const { body } = await this.#api.get("admin/audit?limit=100");
    this.#auditView.update(readAudit(body).entries);
  }

  #selected() {
    const services = this.#status?.services ?? [];
    const wanted = decode(location.hash.slice(1));
    return services.find(({ name }) => name === wanted) ?? services[0];
  }

  #render() {
    if (!this.#status) return;
    const service = this.#selected();
    this.#header.update({ status: this.#status, selected: service?.name });
    show(this.#empty, !service);
    show(this.#service.node, Boolean(service));
    show(this.#upgradeView.node, Boolean(service));
    if (!service) return;
    const mode = service.mode.name === "open" ? [] : [MODE_NAMES[service.mode.name]];
    write(document.querySelector("title"), [...mode, service.name, "Holdgate"].join(" · "));
    this.#service.update(service, { now: this.#now, series: this.#series.get(service.name) });
    const runs = this.#runs.filter((run) => run.service === service.name);
    this.#upgradeView.update(runs, { now: this.#now, runners: this.#status.runners });
    this.#dialog.refresh();
  }

  #askAction(action) {
    const name = this.#selected()?.name;
    const subject = () => this.#status.services.find((service) => service.name === name);
    const label = action.label(subject());
    this.#dialog.ask({ ...action, title: `${label}: ${name}`, confirm: label, subject, version: () => this.#status.stateVersion });
  }

  #askOrder(order, id) {
    const subject = () => this.#runs.find((run) => run.id === id);
    // Orders go to the runner and change no state, so there is no version to compare.
    this.#dialog.ask({ ...questionOf(order), title: `${order.label}: ${subject()?.name}`, subject, version: () => undefined });
  }

  async #afterWrite(describe) {
    await Promise.all([this.#feed.look(), this.#upgrades.now()]);
    this.#audit.soon();
    if (describe) this.#notices.say(describe());
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
