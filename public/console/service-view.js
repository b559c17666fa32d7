// One service: what happens to its traffic, where it goes, and what can be done about it.

import { ACTIONS } from "./actions.js";
import { Charts } from "./charts.js";
import { el, mark, show, write } from "./dom.js";
import { clockTime, countdown, duration, plural, shortTime, whole } from "./format.js";
import { MODE_NAMES, describeMode } from "./sentences.js";
import { UpstreamList } from "./upstream-list.js";

const FIGURES = [
  ["inFlight", "in flight"],
  ["held", "held"],
  ["tunnels", "tunnels"],
];

export class ServiceView {
  node;
  #pill = el("span", { class: "pill" });
  #name = el("h1", { id: "service-name" });
  #where = el("p", { class: "where" });
  #modeText = el("p", { class: "mode-text" });
  #message = el("blockquote", { class: "message" });
  #notes = el("ul", { class: "notes" });
  #why = el("p", { class: "why" });
  #figures = FIGURES.map(([name, label]) => ({ name, label, value: el("dd") }));
  #upstreams = new UpstreamList();
  #charts = new Charts();
  #buttons;

  /** `onAction(action)` when its button is pressed. */
  constructor({ canOperate, actor, onAction }) {
    this.#buttons = ACTIONS.map((action) => ({ action, button: actionButton(action, { canOperate, onAction }) }));
    const group = (name, label) => {
      const buttons = this.#buttons.filter(({ action }) => (action.group ?? "traffic") === name).map(({ button }) => button);
      return el("div", { class: "actions", role: "group", "aria-label": label }, buttons);
    };
    write(this.#why, canOperate ? "" : `The token ${actor} may only look (scope read): changes need one of the scope operate.`);
    this.#why.id = "why-disabled";
    show(this.#why, !canOperate);
    const head = el("div", { class: "service-head" }, el("div", { class: "title-line" }, this.#name, this.#pill), this.#where);
    this.node = el(
      "section",
      { class: "service", "aria-labelledby": "service-name" },
      el(
        "div",
        { class: "panel hero" },
        head,
        this.#modeText,
        this.#message,
        el("dl", { class: "figures" }, this.#figures.map(({ label, value }) => el("div", {}, el("dt", { text: label }), value))),
        this.#notes,
        this.#why,
        group("traffic", "Traffic"),
      ),
      el(
        "section",
        { class: "panel", "aria-labelledby": "slots-title" },
        el("h2", { id: "slots-title", text: "Upstreams" }),
        this.#upstreams.node,
        group("slots", "Slots"),
      ),
      el("section", { class: "panel wide", "aria-labelledby": "charts-title" }, el("h2", { id: "charts-title", text: "Last ten minutes" }), this.#charts.node),
    );
  }

  update(service, { now, series }) {
    write(this.#name, service.name);
    write(this.#where, [...service.hosts, ...service.paths.filter((path) => path !== "/")].join("  ") || "any host");
    for (const { name, value } of this.#figures) write(value, whole(service[name]));
    write(this.#pill, MODE_NAMES[service.mode.name]);
    mark(this.#pill, "data-mode", service.mode.name);
    mark(this.node, "data-mode", service.mode.name);
    write(this.#modeText, modeText(service, now));
    write(this.#message, service.mode.message ?? "");
    show(this.#message, Boolean(service.mode.message));
    this.#showNotes(notesOf(service, now));
    for (const { action, button } of this.#buttons) {
      write(button, action.label(service));
      show(button, action.isOffered?.(service) ?? true);
    }
    this.#upstreams.update(service, now);
    this.#charts.update(series);
  }

  #showNotes(notes) {
    while (this.#notes.children.length > notes.length) this.#notes.lastChild.remove();
    while (this.#notes.children.length < notes.length) this.#notes.append(el("li"));
    notes.forEach((note, index) => write(this.#notes.children[index], note));
    show(this.#notes, notes.length > 0);
  }
}

function actionButton(action, { canOperate, onAction }) {
  return el("button", {
    type: "button",
    class: `button ${action.tone ?? "plain"}`,
    data: { action: action.id },
    disabled: !canOperate,
    "aria-describedby": canOperate ? null : "why-disabled",
    on: { click: () => onAction(action) },
  });
}

function modeText(service, now) {
  const since = service.mode.since === null ? "" : ` For ${duration(now - service.mode.since)}`;
  const text = describeMode(service.mode, now);
  return since === "" ? `${text[0].toUpperCase()}${text.slice(1)}.` : `${since.trim()}; ${text}.`;
}

function notesOf(service, now) {
  const { automaticHoldSince, held, parked, releaseLimit, slots, announcement, window } = service;
  const notes = [];
  if (automaticHoldSince !== null) {
    const since = duration(now - automaticHoldSince);
    notes.push(`${slots.active} cannot be reached for ${since}: requests are held automatically until it answers again.`);
  }
  if (releaseLimit !== null) notes.push(`${plural(held, "held request")} being released, at most ${releaseLimit} at once.`);
  if (parked > 0) notes.push(`${plural(parked, "tunnel")} parked: their clients stay connected and have no upstream just now.`);
  if (announcement) {
    const when = announcement.at === null ? "" : ` for ${shortTime(announcement.at)} (in ${countdown(announcement.at - now)})`;
    notes.push(`Announced to visitors${when}: “${announcement.message}”`);
  }
  if (window) {
    const when = window.phase === "running" ? "runs until" : `is planned for ${clockTime(window.startsAt)} to`;
    const told = window.phase === "announced" ? ", and users are told of it" : "";
    notes.push(`Maintenance ${when} ${shortTime(window.endsAt)}${told}.${window.message === null ? "" : ` “${window.message}”`}`);
  }
  return notes;
}
