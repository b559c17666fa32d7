import type { openAdmin } from "../../admin/support/open-admin.ts";
import type { AdminCall } from "../../../src/client/admin-client.ts";
import { type Guard, isProblem } from "../../../src/client/answer-guards.ts";
import { ProblemError } from "../../../src/client/problem-error.ts";

type Admin = Awaited<ReturnType<typeof openAdmin>>;

/** A client of the admin app in this process, without sockets. */
export function adminClientOf({ call }: Pick<Admin, "call">) {
  return {
    async call<Answer>(asked: AdminCall, isAnswer: Guard<Answer>): Promise<Answer> {
      const { method, path, body, headers = {}, signal } = asked;
      const response = await call(method, path, { body, headers, ...(signal ? { signal } : {}) });
      const answer: unknown = await response.json();
      if (isAnswer(answer) && response.ok) return answer;
      if (isProblem(answer)) throw new ProblemError(answer);
      throw new Error(`${method} ${path} answered ${JSON.stringify(answer)}`);
    },
  };
}
