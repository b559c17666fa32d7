import { type HttpMessage, readAnswer } from "./http-message.ts";
import type { RawConnection } from "./raw-connection.ts";

/** Waits for so many whole answers, as they came on the wire, and forgets them. */
export async function takeAnswers(client: RawConnection, count: number): Promise<HttpMessage[]> {
  const read = (): HttpMessage[] => {
    const answers: HttpMessage[] = [];
    const context = { method: "GET", ended: client.ending !== "open" };
    for (let next = readAnswer(client.heard, context); next;) {
      answers.push(next);
      next = readAnswer(client.heard, context, next.end);
    }
    return answers;
  };
  await client.until(`${count} answers`, () => read().length >= count);
  const answers = read();
  client.forget();
  return answers;
}

export async function takeAnswer(client: RawConnection): Promise<HttpMessage> {
  const [answer] = await takeAnswers(client, 1);
  if (!answer) throw new Error("it was there a moment ago");
  return answer;
}
