// Takes the values of secrets out of what an app or a command has said, so that it can stand in a message.

const PLACEHOLDER = /\$\{secrets\.[^}]+\}/g;

/** @param where all that the placeholders of these secrets stand in, such as the check that was made. */
export function conceal(text: string, where: object, reveal: (text: string) => string): string {
  const placeholders = new Set(JSON.stringify(where).match(PLACEHOLDER));
  return [...placeholders].reduce((safe, placeholder) => {
    const value = reveal(placeholder);
    return value === "" ? safe : safe.replaceAll(value, placeholder);
  }, text);
}
