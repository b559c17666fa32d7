// The upstreams of a service, those in a slot first: who has the traffic, who is next, who is the way back.

import { KeyedList, el, mark, show, write } from "./dom.js";
import { countdown, plural } from "./format.js";
import { healthOf } from "./sentences.js";

const ORDER = ["active", "candidate", "previous"];

export class UpstreamList {
  node = el("ul", { class: "upstreams" });
  #list = new KeyedList(this.node, () => new UpstreamView());

  update(service, now) {
    const rank = ({ slot }) => (ORDER.includes(slot) ? ORDER.indexOf(slot) : ORDER.length);
    const sorted = service.upstreams.toSorted((one, other) => rank(one) - rank(other));
    this.#list.update(
      sorted.map((upstream) => ({ upstream, canary: service.canary, now })),
      ({ upstream }) => upstream.name,
    );
  }
}

class UpstreamView {
  #slot = el("span", { class: "slot" });
  #name = el("strong", { class: "upstream-name" });
  #version = el("span", { class: "version" });
  #health = el("span", { class: "health" });
  #numbers = el("span", { class: "numbers" });
  #draining = el("span", { class: "draining" });
  #urls = el("span", { class: "urls" });
  node = el(
    "li",
    { class: "upstream" },
    this.#slot,
    el("span", { class: "name-line" }, this.#name, this.#version),
    this.#health,
    this.#numbers,
    this.#draining,
    this.#urls,
  );

  update({ upstream, canary, now }) {
    const { slot, name, health, inFlight, tunnels, drainingUntil, urls } = upstream;
    mark(this.node, "data-slot", slot ?? "none");
    mark(this.node, "data-health", health.state);
    const share = slot === "candidate" && canary !== null ? `, ${canary} % of clients` : "";
    write(this.#slot, `${slot ?? "not in a slot"}${share}`);
    write(this.#name, name);
    write(this.#version, health.version);
    write(this.#health, healthOf(upstream));
    write(this.#numbers, `${inFlight} in flight, ${plural(tunnels, "tunnel")}`);
    show(this.#draining, drainingUntil !== null);
    write(this.#draining, drainingUntil === null ? null : `draining: what is left is cut in ${countdown(drainingUntil - now)}`);
    write(this.#urls, urls.join(", "));
  }
}
