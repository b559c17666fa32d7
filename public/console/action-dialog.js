// Asks once before anything is done: what it will do, with the numbers of now, then the call, then its result. What is
// sent names the state that was shown, so that nobody acts on what they have not seen.

import { el, mark, show, write } from "./dom.js";

const MOVED =
  "It has changed meanwhile, so nothing was done. What you read above is the state of now: look again, then confirm again.";

export class ActionDialog {
  node = el("dialog", { class: "dialog", "aria-labelledby": "dialog-title" });
  #api;
  #onDone;
  #title = el("h2", { id: "dialog-title" });
  #sentences = el("div", { class: "sentences" });
  #fields = el("div", { class: "fields" });
  #problem = el("div", { class: "problem", role: "alert", hidden: true });
  #confirm = el("button", { type: "submit", class: "button" });
  #cancel = el("button", { type: "button", class: "button quiet", text: "Cancel", on: { click: () => this.node.close() } });
  #form;
  /** What is asked; null: nothing. */
  #asked = null;
  /** The version of the state that was shown. */
  #version;
  #isBusy = false;

  /** `onDone(text)` after a success. */
  constructor({ api, onDone }) {
    this.#api = api;
    this.#onDone = onDone;
    const buttons = el("div", { class: "buttons" }, this.#cancel, this.#confirm);
    this.#form = el(
      "form",
      { novalidate: true, on: { submit: (event) => this.#submit(event), input: () => this.#explain() } },
      this.#title,
      this.#sentences,
      this.#fields,
      this.#problem,
      buttons,
    );
    this.node.append(this.#form);
    this.node.addEventListener("close", () => (this.#asked = null));
    // Escape must not hide whether a call that is under way succeeded.
    this.node.addEventListener("cancel", (event) => this.#isBusy && event.preventDefault());
  }

  /**
   * `question`: { title, confirm, tone, subject(), version(), fields(subject), explain(subject, input),
   * request(subject, input), done(subject) }; `subject()` is undefined when it is gone.
   */
  ask(question) {
    const subject = question.subject();
    if (!subject || this.node.open) return;
    this.#asked = question;
    this.#version = question.version();
    write(this.#title, question.title);
    write(this.#confirm, question.confirm);
    mark(this.#confirm, "class", `button ${question.tone ?? "accent"}`);
    this.#fields.replaceChildren(...(question.fields?.(subject) ?? []).map(field));
    this.#refuse(null);
    this.#explain();
    this.node.showModal();
    (this.#fields.querySelector("input, select, textarea") ?? this.#confirm).focus();
  }

  /** The numbers of now. */
  refresh() {
    if (this.#asked && !this.#isBusy) this.#explain();
  }

  #explain() {
    const subject = this.#asked?.subject();
    if (!subject) return;
    const sentences = this.#asked.explain(subject, this.#input());
    while (this.#sentences.children.length > sentences.length) this.#sentences.lastChild.remove();
    while (this.#sentences.children.length < sentences.length) this.#sentences.append(el("p"));
    sentences.forEach((sentence, index) => write(this.#sentences.children[index], sentence));
  }

  async #submit(event) {
    event.preventDefault();
    const question = this.#asked;
    const subject = question?.subject();
    if (!subject || this.#isBusy || !this.#isValid()) return;
    this.#setBusy(true);
    const [method, path, body] = question.request(subject, this.#input());
    try {
      await this.#api.write(method, path, { body, version: this.#version });
      await this.#onDone(() => question.done(question.subject() ?? subject));
      this.node.close();
    } catch (problem) {
      await this.#fail(problem);
    } finally {
      this.#setBusy(false);
    }
  }

  async #fail(problem) {
    if (problem.code === "state_moved") {
      // The numbers above are read anew before they count as seen.
      await this.#onDone(null);
      this.#version = this.#asked?.version();
      this.#explain();
      return this.#refuse({ title: "Look again", detail: MOVED });
    }
    this.#refuse({ title: problem.title ?? "This page has failed", detail: problem.message, code: problem.code });
  }

  #refuse(problem) {
    show(this.#problem, problem !== null);
    if (problem === null) return this.#problem.replaceChildren();
    const code = problem.code ? [el("code", { text: problem.code })] : [];
    this.#problem.replaceChildren(el("strong", { text: problem.title }), el("p", { text: problem.detail }), ...code);
  }

  #setBusy(isBusy) {
    this.#isBusy = isBusy;
    this.#confirm.disabled = isBusy;
    this.#cancel.disabled = isBusy;
    mark(this.#form, "aria-busy", isBusy ? "true" : null);
  }

  #isValid() {
    const wrong = [...this.#fields.querySelectorAll("input, select, textarea")].find((input) => !input.checkValidity());
    for (const input of this.#fields.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    if (!wrong) return true;
    const { label, hint } = wrong.dataset;
    this.#refuse({ title: `${label}: this is not understood`, detail: hint ? `Write it ${hint}.` : wrong.validationMessage });
    mark(wrong, "aria-invalid", "true");
    wrong.focus();
    return false;
  }

  #input() {
    const inputs = [...this.#fields.querySelectorAll("[name]")];
    return Object.fromEntries(inputs.map((input) => [input.name, input.type === "checkbox" ? input.checked : input.value.trim()]));
  }
}

function field({ name, label, kind, value, options = [], hint, ...rules }) {
  const id = `field-${name}`;
  const described = hint ? { "aria-describedby": `${id}-hint` } : {};
  const common = { id, name, ...described, data: { label, hint: hint ?? "" } };
  if (kind === "checkbox") {
    return el("label", { class: "field check" }, el("input", { ...common, type: "checkbox" }), el("span", { text: label }));
  }
  const input = inputOf(kind, { ...common, ...rules });
  for (const [optionValue, optionText] of options) input.append(el("option", { value: optionValue, text: optionText }));
  if (value !== undefined) input.value = value;
  const note = hint ? el("small", { id: `${id}-hint`, text: hint }) : null;
  return el("div", { class: "field" }, el("label", { for: id, text: label }), input, note);
}

function inputOf(kind, properties) {
  if (kind === "select") return el("select", properties);
  if (kind === "textarea") return el("textarea", { ...properties, rows: 3, maxlength: 2000 });
  if (kind === "number") return el("input", { ...properties, type: "number", step: 1, required: true, inputmode: "numeric" });
  return el("input", { ...properties, type: "text", autocomplete: "off", spellcheck: "false" });
}
