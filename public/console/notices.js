// Short answers to what somebody did, said aloud by screen readers, gone after a while.

import { el } from "./dom.js";

const SHOWN_MS = 6_000;

export class Notices {
  node = el("div", { class: "notices", role: "status" });

  say(text) {
    const notice = el("p", { text });
    this.node.replaceChildren(notice);
    setTimeout(() => notice.remove(), SHOWN_MS);
  }
}
