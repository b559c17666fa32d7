// Light, dark, or as the system says. A classic script in the head, so that the page is painted once, in the right colours.

(() => {
  "use strict";
  const KEY = "holdgate.theme";
  const NAMES = ["system", "light", "dark"];
  // A browser may forbid storage altogether; then the choice lasts as long as the page.
  const read = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  let theme = NAMES.includes(read()) ? read() : "system";
  const show = () => {
    document.documentElement.dataset.theme = theme;
  };
  window.holdgateTheme = {
    get current() {
      return theme;
    },
    next() {
      theme = NAMES[(NAMES.indexOf(theme) + 1) % NAMES.length];
      try {
        localStorage.setItem(KEY, theme);
      } catch {}
      show();
      document.dispatchEvent(new Event("themechange"));
    },
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    document.dispatchEvent(new Event("themechange")),
  );
  show();
})();
