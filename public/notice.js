// Tells the users of an app of an interruption to come. For the app's page:
//
//   <script src="/.holdgate/notice.js" defer></script>          data-position="bottom": at the lower edge
//
// It asks /.holdgate/status once a minute while the page is seen, less often while nobody answers, and shows a banner in
// a shadow root of its own. It needs no inline style and no inline script: `script-src 'self'; connect-src 'self'` is
// enough.
(() => {
  "use strict";

  const EVERY_MS = 60_000;
  const LONGEST_MS = 600_000;
  const ANSWER_MS = 10_000;
  /** How long after its beginning an interruption without an end is told of. */
  const LINGERS_MS = 3_600_000;
  const STORED = "holdgate-notice-dismissed";

  const TEXTS = {
    en: { label: "Service notice", starts: "Starts: ", dismiss: "Dismiss this notice" },
    de: { label: "Hinweis zum Dienst", starts: "Beginn: ", dismiss: "Hinweis schließen" },
    fr: { label: "Avis de service", starts: "Début : ", dismiss: "Fermer cet avis" },
    es: { label: "Aviso del servicio", starts: "Inicio: ", dismiss: "Cerrar este aviso" },
    ja: { label: "サービスからのお知らせ", starts: "開始: ", dismiss: "お知らせを閉じる" },
    zh: { label: "服务通知", starts: "开始时间：", dismiss: "关闭通知" },
  };

  const STYLE = `
    :host { all: initial; }
    section {
      position: fixed; inset-block-start: 0.75rem; inset-inline: 0.75rem; z-index: 2147483647;
      box-sizing: border-box; inline-size: fit-content; max-inline-size: min(44rem, 100vw - 1.5rem);
      margin-inline: auto; padding: 0.5rem 0.5rem 0.5rem 1rem; display: flex; gap: 0.75rem; align-items: flex-start;
      color: #3a2a00; background: #fff4d6; border: 1px solid #c99a2e; border-radius: 0.5rem;
      box-shadow: 0 2px 12px rgb(0 0 0 / 0.25); font: 0.9375rem/1.45 system-ui, sans-serif;
    }
    section.bottom { inset-block: auto 0.75rem; }
    p { margin: 0; padding-block: 0.25rem; overflow-wrap: anywhere; white-space: pre-line; }
    strong { font-weight: 600; }
    button {
      flex: none; inline-size: 2rem; block-size: 2rem; padding: 0; border: 0; border-radius: 0.375rem;
      font: 1.25rem/1 system-ui, sans-serif; color: inherit; background: transparent; cursor: pointer;
    }
    button:hover { background: rgb(0 0 0 / 0.08); }
    button:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; }
    @media (prefers-color-scheme: dark) {
      section { color: #ffeec2; background: #3a2d0c; border-color: #8a6d1f; }
      button:hover { background: rgb(255 255 255 / 0.12); }
    }
    @media print { section { display: none; } }
  `;

  const script = document.currentScript;
  const base = script instanceof HTMLScriptElement ? script.src : new URL("/.holdgate/", location.href).href;
  const atBottom = script instanceof HTMLScriptElement && script.dataset.position === "bottom";
  const language = pickLanguage();
  const texts = TEXTS[language];

  // A page that includes it twice has one banner.
  const once = Symbol.for("holdgate.notice");
  if (once in window) return;
  Object.defineProperty(window, once, { value: true });

  let announced = null;
  let dismissed = stored();
  let shown = "";
  let banner = null;
  let failures = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let timer;

  document.addEventListener("visibilitychange", resume);
  window.addEventListener("online", resume);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", resume);
  else resume();

  /** Asks now, or when the time since the last asking is over; not while nobody looks. */
  function resume() {
    clearTimeout(timer);
    if (document.hidden) return;
    const pause = Math.min(EVERY_MS * 2 ** failures, LONGEST_MS) * (0.9 + Math.random() * 0.2);
    timer = setTimeout(ask, Math.max(0, askedAt + pause - performance.now()));
  }

  async function ask() {
    askedAt = performance.now();
    // A request that cannot succeed would only leave an error in the console.
    if (navigator.onLine) await look();
    render();
    resume();
  }

  async function look() {
    try {
      const url = new URL("status", base);
      url.searchParams.set("path", location.pathname);
      const signal = AbortSignal.timeout(ANSWER_MS);
      const answer = await fetch(url, { cache: "no-store", headers: { Accept: "application/json" }, signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const { announcement } = await answer.json();
      announced = announcement ?? null;
      failures = 0;
    } catch {
      failures = Math.min(failures + 1, 10);
    }
  }

  function render() {
    const key = announced === null || isOver(announced) ? "" : JSON.stringify(announced);
    const wanted = key === dismissed ? "" : key;
    // The app may have replaced all that was in its page.
    if (wanted === shown && (banner === null || banner.isConnected)) return;
    shown = wanted;
    banner?.remove();
    banner = wanted === "" ? null : makeBanner(announced);
  }

  function isOver({ at, until }) {
    const end = until ?? (at === null ? null : at + LINGERS_MS);
    return end !== null && end < Date.now();
  }

  function makeBanner(announcement) {
    const host = document.createElement("holdgate-notice");
    host.lang = language;
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const section = document.createElement("section");
    section.setAttribute("aria-label", texts.label);
    section.className = atBottom ? "bottom" : "";
    const status = document.createElement("p");
    status.setAttribute("role", "status");
    section.append(status, closeButton());
    section.addEventListener("keydown", (event) => {
      if (event.key === "Escape") dismiss();
    });
    root.append(section);
    document.body.append(host);
    // A screen reader reads out what comes into a live region that was there before.
    setTimeout(() => fill(status, announcement), 100);
    return host;
  }

  function fill(status, { message, at, until }) {
    const when = document.createElement("strong");
    when.textContent = at === null ? "" : timeText(at, until);
    status.append(when, at === null ? "" : " · ", message);
  }

  function closeButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", texts.dismiss);
    button.title = texts.dismiss;
    button.addEventListener("click", dismiss);
    return button;
  }

  function dismiss() {
    dismissed = shown;
    try {
      localStorage.setItem(STORED, dismissed);
    } catch {
      // Storage is forbidden here: it stays dismissed until the page is loaded again.
    }
    render();
  }

  function stored() {
    try {
      return localStorage.getItem(STORED) ?? "-";
    } catch {
      return "-";
    }
  }

  /** In the visitor's own time; with the day when it is not today. */
  function timeText(at, until) {
    const isToday = new Date(at).toDateString() === new Date().toDateString();
    const day = isToday ? {} : { weekday: "long", day: "numeric", month: "long" };
    const format = new Intl.DateTimeFormat(language, { ...day, hour: "numeric", minute: "2-digit" });
    return until === null ? texts.starts + format.format(at) : format.formatRange(at, until);
  }

  function pickLanguage() {
    for (const wanted of navigator.languages ?? []) {
      const primary = wanted.toLowerCase().split("-", 1)[0];
      if (Object.hasOwn(TEXTS, primary)) return primary;
    }
    return "en";
  }
})();
