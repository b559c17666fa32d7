// The token, for as long as this tab lives: sessionStorage is this origin's and this tab's own, is gone with it, and is
// never sent anywhere by the browser itself, as a cookie would be.

const KEY = "holdgate.token";

/** Undefined when nobody has logged in; null when none is needed. */
export function keptToken() {
  return needsToken() ? (storage((kept) => kept.getItem(KEY)) ?? undefined) : null;
}

export function keepToken(token) {
  storage((kept) => kept.setItem(KEY, token));
}

export function forgetToken() {
  storage((kept) => kept.removeItem(KEY));
}

/** A browser may forbid storage; then a reload asks for the token again. */
function storage(use) {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}

/** Over the unix socket, forwarded by ssh for example, the file mode has let the caller in. */
function needsToken() {
  return document.querySelector('meta[name="holdgate-access"]')?.content !== "open";
}
