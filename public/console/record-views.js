// What has happened, as it happens, and who did what: events and the audit log.

import { KeyedList, el, mark, show } from "./dom.js";
import { clockTime, details } from "./format.js";

const MOST_EVENTS = 200;

export class EventView {
  node;
  #list = el("ol", { class: "records", tabindex: 0, "aria-label": "Events, the newest first" });
  #empty = el("p", { class: "empty", text: "Nothing has happened yet." });
  #lastId = 0;

  constructor() {
    this.node = panel("events", "Events", this.#empty, this.#list);
  }

  /** Those that were shown already, as after a reconnect, are left out. */
  add(event) {
    if (event.id <= this.#lastId) return;
    this.#lastId = event.id;
    this.#prepend(record({ at: event.at, what: event.type, service: event.service, rest: details(event.data) }));
  }

  addGap() {
    this.#prepend(el("li", { class: "gap", text: "Some events are missing here: more happened than the gateway keeps." }));
  }

  #prepend(item) {
    show(this.#empty, false);
    this.#list.prepend(item);
    if (this.#list.children.length > MOST_EVENTS) this.#list.lastChild.remove();
  }
}

export class AuditView {
  node;
  #list = el("ol", { class: "records", tabindex: 0, "aria-label": "Audit log, the newest first" });
  #empty = el("p", { class: "empty", text: "Nobody has changed anything yet." });
  #entries = new KeyedList(this.#list, ({ entry }) => ({ node: auditRecord(entry), update: () => {} }));

  constructor() {
    this.node = panel("audit", "Audit", this.#empty, this.#list);
  }

  /** The newest first. */
  update(entries) {
    show(this.#empty, entries.length === 0);
    this.#entries.update(withKeys(entries), ({ key }) => key);
  }
}

/** Entries have no number: equal ones are told apart by counting from the oldest, which does not change later. */
function withKeys(entries) {
  const seen = new Map();
  const keyed = entries.toReversed().map((entry) => {
    const text = JSON.stringify(entry);
    seen.set(text, (seen.get(text) ?? 0) + 1);
    return { entry, key: `${seen.get(text)} ${text}` };
  });
  return keyed.toReversed();
}

function panel(id, title, ...children) {
  return el("section", { class: "panel", "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title`, text: title }), ...children);
}

function auditRecord({ at, actor, from, action, service, outcome, code, parameters }) {
  const isRefused = outcome === "refused";
  const rest = [isRefused ? `refused (${code ?? "?"})` : "", details(parameters)].filter(Boolean).join("  ");
  return record({ at, what: action, service, rest, who: `${actor} from ${from}`, isRefused });
}

function record({ at, what, service, rest, who, isRefused = false }) {
  const node = el(
    "li",
    {},
    el("time", { datetime: at, text: clockTime(at) }),
    el("strong", { text: what.replaceAll("_", " ") }),
    service === null ? null : el("span", { class: "of", text: service }),
    who ? el("span", { class: "who", text: who }) : null,
    el("span", { class: "rest", text: rest }),
  );
  if (isRefused) mark(node, "data-refused", "");
  return node;
}
