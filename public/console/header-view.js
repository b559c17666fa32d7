// The bar on top: which gateway, which service, whether what is shown is of now, and who looks at it.

import { KeyedList, brandMark, el, mark, show, write } from "./dom.js";
import { clockTime, duration } from "./format.js";
import { MODE_NAMES } from "./sentences.js";

const THEMES = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const THEME_SIGNS = { system: "◐", light: "○", dark: "●" };

export class HeaderView {
  node;
  #version = el("span", { class: "holdgate-version" });
  #services = el("ul", { class: "tabs" });
  #nav = el("nav", { "aria-label": "Services" }, this.#services);
  #list = new KeyedList(this.#services, () => new ServiceTab());
  #live = el("span", { class: "live" });
  #theme = el("button", { type: "button", class: "icon-button", on: { click: () => window.holdgateTheme.next() } });
  /** Below the bar, over the whole width: what is shown is not of now. */
  lost = el("p", { class: "lost-banner", role: "alert", hidden: true });

  constructor({ actor, scope, onLogOut }) {
    const who = el("span", { class: "who", title: `scope ${scope}` }, actor, scope === "read" ? el("em", { text: "read only" }) : null);
    const logOut = onLogOut && el("button", { type: "button", class: "button quiet small", text: "Log out", on: { click: onLogOut } });
    const brand = el("span", { class: "brand" }, brandMark(), el("span", { text: "Holdgate" }), this.#version);
    this.node = el("header", { class: "bar" }, brand, this.#nav, el("div", { class: "bar-end" }, this.#live, who, this.#theme, logOut));
    this.#showTheme();
    document.addEventListener("themechange", () => this.#showTheme());
  }

  update({ status, selected }) {
    write(this.#version, status.holdgate);
    show(this.#nav, status.services.length > 1);
    this.#list.update(status.services.map((service) => ({ service, selected })), ({ service }) => service.name);
  }

  /** `seenAt`: when the status was read last, or null; `problem`: why it cannot be read now, or null. */
  showConnection({ events, problem, seenAt }) {
    const isLive = problem === null && events === "live";
    mark(this.#live, "data-live", isLive);
    write(this.#live, problem !== null ? "Connection lost" : isLive ? "Live" : "Connecting");
    show(this.lost, problem !== null);
    const since = seenAt === null ? "" : ` What you see is of ${clockTime(seenAt)}, ${duration(Date.now() - seenAt)} ago.`;
    if (problem !== null) write(this.lost, `Connection lost: ${problem.message}${since} Trying again.`);
  }

  #showTheme() {
    const { current } = window.holdgateTheme;
    write(this.#theme, THEME_SIGNS[current]);
    mark(this.#theme, "aria-label", THEMES[current]);
    mark(this.#theme, "title", THEMES[current]);
  }
}

class ServiceTab {
  #link = el("a");
  node = el("li", {}, this.#link);

  update({ service, selected }) {
    mark(this.#link, "href", `#${encodeURIComponent(service.name)}`);
    write(this.#link, service.name);
    mark(this.#link, "data-mode", service.automaticHoldSince === null ? service.mode.name : "hold");
    mark(this.#link, "title", MODE_NAMES[service.mode.name]);
    mark(this.#link, "aria-current", service.name === selected ? "page" : null);
  }
}
