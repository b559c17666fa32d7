// The upgrades of one service: the one under way with its steps and what they said, and those that are over.

import { KeyedList, el, mark, show, write } from "./dom.js";
import { clockTime, duration } from "./format.js";

const LIVE = ["running", "waiting", "rolling_back"];
const MOST_LINES = 200;

export const isLive = ({ state }) => LIVE.includes(state);

const STATE_NAMES = {
  running: "Running",
  waiting: "Waits for you",
  rolling_back: "Rolling back",
  paused: "Paused",
  kept: "Kept",
  rolled_back: "Rolled back",
  planned: "Dry run",
  refused: "Refused",
};

/** What can be asked of a run in these states; `order` is the call. */
const ORDERS = [
  {
    label: "Continue",
    tone: "good",
    order: "approve",
    body: { answer: "continue" },
    states: ["waiting"],
    explain: (run) => [`The upgrade ${run.name} goes on with its next step.`, run.message ?? ""],
  },
  {
    label: "Do not continue",
    tone: "bad",
    order: "approve",
    body: { answer: "rollback" },
    states: ["waiting"],
    explain: (run) => [`The upgrade ${run.name} is rolled back: what its steps did is undone, the last one first.`],
  },
  {
    label: "Cancel",
    tone: "bad",
    order: "cancel",
    states: ["running", "waiting"],
    explain: (run) => [`The upgrade ${run.name} stops after what it is doing (${run.step ?? "its step"}), and what it did is rolled back.`],
  },
  {
    label: "Resume",
    tone: "good",
    order: "resume",
    states: ["paused"],
    explain: (run) => [`The upgrade ${run.name} goes on where it was paused. No step is done twice.`],
  },
  {
    label: "Roll back",
    tone: "bad",
    order: "rollback",
    states: ["paused", "kept"],
    explain: (run) => [
      `What the upgrade ${run.name} did is undone, the last step first.`,
      "Past a point of no return only a way back that the plan declares is taken.",
    ],
  },
];

/** For ActionDialog, which does not care what it asks about. */
export function questionOf({ label, tone, order, body, explain }) {
  const request = (run) => ["POST", `admin/upgrades/${encodeURIComponent(run.id)}/${order}`, body];
  return { confirm: label, tone, explain, request, done: () => "The runner has been told." };
}

export class UpgradeView {
  node;
  #current = el("div", { class: "run-current" });
  #past = el("ul", { class: "runs" });
  #none = el("p", { class: "empty" });
  #currentList;
  #pastList;

  /** `onOrder(order, id)` when a button is pressed. */
  constructor({ canOperate, onOrder }) {
    const create = ({ run }) => new RunView(run, { canOperate, onOrder });
    this.#currentList = new KeyedList(this.#current, create);
    this.#pastList = new KeyedList(this.#past, (item) => foldable(new RunView(item.run, { canOperate, onOrder })));
    this.node = el(
      "section",
      { class: "panel wide", "aria-labelledby": "upgrades-title" },
      el("h2", { id: "upgrades-title", text: "Upgrades" }),
      this.#none,
      this.#current,
      this.#past,
    );
  }

  /** `runs`: those of the service, the newest first. */
  update(runs, { now, runners }) {
    const isCurrent = (run, index) => isLive(run) || (index === 0 && run.state === "paused");
    const items = runs.map((run) => ({ run, now, runners }));
    this.#currentList.update(items.filter(({ run }, index) => isCurrent(run, index)), ({ run }) => run.id);
    this.#pastList.update(items.filter(({ run }, index) => !isCurrent(run, index)), ({ run }) => run.id);
    const runner = runners > 0 ? "A runner is connected" : "No runner is connected";
    write(this.#none, runs.length > 0 ? "" : `${runner}; nothing has been upgraded since the gateway started.`);
    show(this.#none, runs.length === 0);
    show(this.#past, runs.some((run, index) => !isCurrent(run, index)));
  }
}

/** A run that is over shows its steps when it is opened. */
function foldable(view) {
  const summary = el("summary", {}, view.head);
  const node = el("li", {}, el("details", {}, summary, view.node));
  return { node, update: (item) => view.update(item) };
}

class RunView {
  head;
  node;
  #pill = el("span", { class: "pill" });
  #name = el("strong");
  #when = el("span", { class: "when" });
  #step = el("p", { class: "run-step" });
  #bar = el("progress", { max: 100, value: 0, "aria-label": "Progress of the upgrade" });
  #message = el("p", { class: "run-message" });
  #lost = el("p", { class: "lost" });
  #steps = el("ol", { class: "steps" });
  #stepList = new KeyedList(this.#steps, () => new StepView());
  #log = el("ol", { class: "log", tabindex: 0, "aria-label": "What the upgrade said" });
  #buttons;
  /** What each step said last. */
  #said = new Map();

  constructor(run, { canOperate, onOrder }) {
    this.head = el("span", { class: "run-head" }, this.#name, this.#pill, this.#when);
    this.#buttons = ORDERS.map((order) => ({
      order,
      button: el("button", {
        type: "button",
        class: `button ${order.tone}`,
        text: order.label,
        disabled: !canOperate,
        "aria-describedby": canOperate ? null : "why-disabled",
        on: { click: () => onOrder(order, run.id) },
      }),
    }));
    const buttons = el("div", { class: "actions", role: "group", "aria-label": "This upgrade" }, this.#buttons.map(({ button }) => button));
    const isOver = !isLive(run) && run.state !== "paused";
    this.node = el(
      "div",
      { class: "run" },
      isOver ? null : this.head,
      this.#step,
      this.#bar,
      this.#message,
      this.#lost,
      buttons,
      el("div", { class: "run-columns" }, this.#steps, this.#log),
    );
  }

  update({ run, now, runners }) {
    write(this.#name, run.name);
    write(this.#pill, STATE_NAMES[run.state] ?? run.state);
    mark(this.#pill, "data-run", run.state);
    const took = duration((run.finishedAt ?? now) - run.startedAt);
    write(this.#when, `${clockTime(run.startedAt)}, ${run.finishedAt === null ? `for ${took}` : `took ${took}`}`);
    write(this.#step, run.step ?? "");
    show(this.#step, isLive(run) && run.step !== null);
    show(this.#bar, isLive(run));
    this.#bar.value = run.percent;
    write(this.#message, run.message ?? "");
    show(this.#message, run.message !== null && !run.step?.includes(run.message));
    const brokeOff = isLive(run) && runners === 0 ? "No runner is connected: nothing goes on before one is, or `holdgate upgrade --resume` is called." : "";
    write(this.#lost, run.lost === null ? brokeOff : `Lost: ${run.lost}`);
    show(this.#lost, this.#lost.textContent !== "");
    for (const { order, button } of this.#buttons) show(button, !run.dryRun && order.states.includes(run.state));
    this.#stepList.update(run.steps.map((step) => ({ step, now })), ({ step }) => step.id);
    for (const step of run.steps) this.#listen(step, now);
    show(this.#log, this.#log.children.length > 0);
  }

  #listen({ id, title, state, detail }, now) {
    const said = isUnderWay(state) && detail !== null && !title.includes(detail) ? detail : state;
    if (state === "pending" || this.#said.get(id) === said) return;
    this.#said.set(id, said);
    const isAtEnd = this.#log.scrollTop + this.#log.clientHeight >= this.#log.scrollHeight - 8;
    this.#log.append(el("li", {}, el("time", { text: clockTime(now) }), ` ${title}: ${said}`));
    if (this.#log.children.length > MOST_LINES) this.#log.firstChild.remove();
    if (isAtEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }
}

const isUnderWay = (state) => ["running", "undoing", "failed"].includes(state);

class StepView {
  #title = el("span", { class: "step-title" });
  #state = el("span", { class: "step-state" });
  #detail = el("span", { class: "step-detail" });
  node = el("li", { class: "step" }, this.#title, this.#state, this.#detail);

  update({ step, now }) {
    mark(this.node, "data-step", step.state);
    write(this.#title, step.title);
    const took = step.startedAt === null ? [] : [duration((step.finishedAt ?? now) - step.startedAt)];
    const percent = step.state === "running" && step.percent !== null ? [`${Math.round(step.percent)} %`] : [];
    write(this.#state, [step.state, ...percent, ...took].join(", "));
    write(this.#detail, step.detail ?? "");
    // What a step said on its way would contradict its end, and a question is its own title.
    show(this.#detail, step.detail !== null && isUnderWay(step.state) && !step.title.includes(step.detail));
  }
}
