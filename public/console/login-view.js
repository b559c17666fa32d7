// Asks for a token, and says clearly when it is not one.

import { Api } from "./api.js";
import { brandMark, el, show, write } from "./dom.js";
import { readWhoami } from "./read-status.js";

export class LoginView {
  node;
  #onToken;
  #input = el("input", {
    id: "token",
    type: "password",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "token-hint",
  });
  #problem = el("p", { class: "problem", role: "alert", hidden: true });
  #button = el("button", { type: "submit", class: "button accent", text: "Log in" });

  /** `onToken(token, { actor, scope })` when the gateway knows it. `reason`: why it is asked for again. */
  constructor({ onToken, reason = null }) {
    this.#onToken = onToken;
    const hint = el(
      "p",
      { id: "token-hint", class: "hint" },
      "The first one lies in the gateway's dataDir: ",
      el("code", { text: "cat data/admin.token" }),
      ". It stays in this tab and is forgotten with it.",
    );
    const form = el(
      "form",
      { novalidate: true, on: { submit: (event) => this.#submit(event) } },
      el("label", { for: "token", text: "Token" }),
      this.#input,
      hint,
      this.#problem,
      this.#button,
    );
    this.node = el("main", { class: "login" }, el("div", { class: "panel" }, brandMark(), el("h1", { text: "Holdgate" }), form));
    if (reason) this.#refuse(reason);
  }

  focus() {
    this.#input.focus();
  }

  async #submit(event) {
    event.preventDefault();
    const token = this.#input.value.trim();
    if (token === "") return this.#refuse("Type or paste a token first.");
    // What could be no token cannot be a header either.
    if (!/^[!-~]+$/.test(token)) return this.#refuse("This is not a token: it holds characters that no token has.");
    this.#button.disabled = true;
    try {
      const { body } = await new Api({ token }).get("admin/whoami");
      this.#onToken(token, readWhoami(body));
    } catch (problem) {
      this.#refuse(problem.code === "unauthorized" ? "The gateway does not know this token." : problem.message);
      this.#input.select();
    } finally {
      this.#button.disabled = false;
    }
  }

  #refuse(reason) {
    write(this.#problem, reason);
    show(this.#problem, true);
    this.focus();
  }
}
