import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Redactor } from "../../../src/upgrade/run/redactor.ts";
import { learnEnvironment, learnEnvironmentsIn } from "../../../src/upgrade/run/secret-values.ts";

function knowing(...secrets: string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.learn(secret);
  return redactor;
}

const secret = fc
  .string({ minLength: 4, maxLength: 40, unit: "binary" })
  .filter((text) => text.trim().length >= 4);
const around = fc.string({ maxLength: 20 });

test("a secret does not come through in any of its usual forms", () => {
  fc.assert(
    fc.property(secret, around, around, (value, before, after) => {
      const redactor = knowing(value);
      const forms = [value, JSON.stringify(value).slice(1, -1)];
      if (value.isWellFormed())
        forms.push(encodeURIComponent(value), new URLSearchParams({ q: value }).toString().slice(2));
      for (const form of forms) {
        if (`${before}${after}`.includes(form)) continue;
        expect(redactor.text(`${before}${form}${after}`)).not.toContain(form);
      }
    }),
  );
});

test("a secret within base64 of something longer does not come through", () => {
  for (const user of ["a", "ab", "abc", "deploy"]) {
    const header = Buffer.from(`${user}:correct horse battery`).toString("base64");
    const shown = knowing("correct horse battery").text(`Authorization: Basic ${header}`);
    const left = Buffer.from(
      shown.slice("Authorization: Basic ".length).replace("***", ""),
      "base64",
    ).toString();
    expect(left).not.toMatch(/horse|batter/);
  }
});

test("of a secret of several lines, such as a key, each line is taken out when it comes alone", () => {
  const redactor = knowing("-----BEGIN KEY-----\r\nMIIEvQIBADANBg\r\nkqhkiG9w0BAQEF\r\n=\r\n");
  for (const line of ["MIIEvQIBADANBg", "kqhkiG9w0BAQEF"])
    expect(redactor.text(`key: ${line}`)).toBe("key: ***");
  expect(redactor.text("a = b")).toBe("a = b");
});

test("of two secrets the longer is taken out whole, whatever was learned first", () => {
  expect(knowing("swordfish", "swordfish-2").text("is swordfish-2 or swordfish")).toBe("is *** or ***");
});

test("what is shorter than four letters stays, because it is found everywhere", () => {
  expect(knowing("abc", " a ").text("abc")).toBe("abc");
});

test("a line end behind a secret, as files have it, is no part of it", () => {
  expect(knowing("swordfish\n").text("psql: swordfish is wrong")).toBe("psql: *** is wrong");
});

test("objects are copied with the same shape", () => {
  const given = { a: ["swordfish", 1, null, { swordfish: true }], b: "nothing" };
  expect(knowing("swordfish").json(given)).toEqual({ a: ["***", 1, null, { "***": true }], b: "nothing" });
  expect(given.a[0]).toBe("swordfish");
});

test.each([
  "POSTGRES_PASSWORD",
  "DB_PASS",
  "SECRET_KEY_BASE",
  "API_KEY",
  "apikey",
  "SMTP_AUTH",
  "JWT_SECRET",
  "GITHUB_TOKEN",
  "AWS_SECRET_ACCESS_KEY",
  "SESSION_SALT",
])("the value of %s is a secret by its name", (name) => {
  const redactor = new Redactor();
  learnEnvironment(redactor, [`${name}=swordfish`]);
  expect(redactor.text("swordfish")).toBe("***");
});

test.each([
  "PATH=/usr/bin:/bin",
  "AUTHOR=someone",
  "PASSWORD_MIN_LENGTH=12",
  "KEYBOARD=qwerty",
  "TOKEN_FILE=/run/token",
])("%s is no secret", (line) => {
  const redactor = new Redactor();
  learnEnvironment(redactor, [line]);
  const value = line.slice(line.indexOf("=") + 1);
  expect(redactor.text(value)).toBe(value);
});

test("a password within a URL is a secret, encoded or not; the rest of the URL is none", () => {
  const redactor = new Redactor();
  learnEnvironment(redactor, ["DATABASE_URL=postgres://chat:s%40rdfish@db:5432/chat"]);
  expect(redactor.text("postgres://chat:s%40rdfish@db:5432/chat")).toBe("postgres://chat:***@db:5432/chat");
  expect(redactor.text("s@rdfish")).toBe("***");
});

test("environments are found wherever they stand in a spec; placeholders are no values", () => {
  const redactor = new Redactor();
  const spec = { TaskTemplate: { ContainerSpec: { Env: ["DB_PASSWORD=swordfish"] } } };
  learnEnvironmentsIn(redactor, spec);
  learnEnvironmentsIn(redactor, [{ env: { DB_PASSWORD: "${secrets.db}", API_TOKEN: "open sesame" } }]);
  expect(redactor.text("swordfish, open sesame, ${secrets.db}")).toBe("***, ***, ${secrets.db}");
});
