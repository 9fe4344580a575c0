import { beforeAll, expect, test } from "vitest";
import { callFunction, createUser, type User } from "../support/user.ts";

let crowd: User;
let other: User;
beforeAll(async () => {
  [crowd, other] = await Promise.all([createUser(), createUser()]);
});

const list = (user: User) => callFunction("training-files", { user, method: "GET" });

/** A request whose body does not come before it is told to. */
function slowRequest(user: User) {
  const isReleased = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode('{"conversation_ids":'));
      await isReleased.promise;
      controller.enqueue(new TextEncoder().encode("[]}"));
      controller.close();
    },
  });
  return {
    release: () => isReleased.resolve(),
    answer: callFunction("training-files/preview", { user, body }),
  };
}

test("a user with many slow requests waits for themselves, and nobody else waits", async () => {
  const slow = Array.from({ length: 6 }, () => slowRequest(crowd));
  await new Promise((resolve) => setTimeout(resolve, 300));
  let isAnswered = false;
  const own = list(crowd).then((answer) => {
    isAnswered = true;
    return answer;
  });

  const others = await Promise.all(Array.from({ length: 10 }, () => list(other)));

  expect(others.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(isAnswered).toBe(false);
  for (const { release } of slow) release();
  expect((await own).status).toBe(200);
  for (const { answer } of slow) expect((await answer).status).toBe(400);
});
