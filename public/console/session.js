// The token, for as long as this tab lives: sessionStorage is this origin's and this tab's own, is gone with it, and is
// never sent anywhere by the browser itself, as a cookie would be.

const KEY = "holdgate.token";

/** Undefined when nobody has logged in; null when none is needed. */
export function keptToken() {
  if (!needsToken()) return null;
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keepToken(token) {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Then a reload asks for it again.
  }
}

export function forgetToken() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // It was never kept.
  }
}

/** Over the unix socket, forwarded by ssh for example, the file mode has let the caller in. */
export function needsToken() {
  return document.querySelector('meta[name="holdgate-access"]')?.content !== "open";
}
