// Texts of a plan, and what an app has written, come from outside: they must not steer the terminal.

/** With its lines and tabs, and without what else is no character. */
export function harmless(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]+/g, " ");
}
