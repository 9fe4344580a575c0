import { describe, expect, test } from "vitest";
import { createTurns } from "../../../shared/jobs/create-turns.ts";

describe("createTurns", () => {
  test("one work begins when the one before has ended, failed or not", async () => {
    const takeTurn = createTurns();
    const first = Promise.withResolvers<string>();
    const began: string[] = [];
    const work = (name: string, result: Promise<string>) =>
      takeTurn(() => {
        began.push(name);
        return result;
      });

    const results = Promise.allSettled([
      work("first", first.promise),
      work("second", Promise.resolve("done")),
    ]);
    await Promise.resolve();
    expect(began).toEqual(["first"]);
    first.reject(new Error("damaged"));

    expect((await results).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(began).toEqual(["first", "second"]);
  });

  test("a work that takes too long keeps nobody waiting", async () => {
    const takeTurn = createTurns(10);
    const first = Promise.withResolvers<string>();

    const slow = takeTurn(() => first.promise);
    expect(await takeTurn(() => Promise.resolve("second"))).toBe("second");
    first.resolve("first");

    expect(await slow).toBe("first");
  });
});
