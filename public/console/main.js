// Who is logged in decides what is shown: the login, or the console.

import { Api } from "./api.js";
import { App } from "./app.js";
import { LoginView } from "./login-view.js";
import { readWhoami } from "./read-status.js";
import { forgetToken, keepToken, keptToken } from "./session.js";

void begin();

async function begin() {
  const token = keptToken();
  if (token === undefined) return logIn(null);
  try {
    const { body } = await new Api({ token }).get("admin/whoami");
    open(token, readWhoami(body));
  } catch (problem) {
    if (problem.status === 401) forgetToken();
    logIn(problem.status === 401 ? "The gateway no longer knows the token of this tab." : problem.message);
  }
}

function logIn(reason) {
  const view = new LoginView({
    reason,
    onToken(token, who) {
      keepToken(token);
      open(token, who);
    },
  });
  document.title = "Log in · Holdgate";
  document.body.replaceChildren(view.node);
  view.focus();
}

function open(token, { actor, scope }) {
  const onEnd = (reason) => {
    forgetToken();
    logIn(reason);
  };
  const app = new App({ token, actor, scope, onEnd });
  document.body.replaceChildren(app.node);
  app.start();
}
