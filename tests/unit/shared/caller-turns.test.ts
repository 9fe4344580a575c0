import { describe, expect, test } from "vitest";
import { createCallerTurns } from "../../../shared/caller-turns.ts";

/** Work that ends when it is told to, and how much of it is being done. */
function createWork() {
  const open: PromiseWithResolvers<void>[] = [];
  return {
    open,
    work: () => {
      const one = Promise.withResolvers<void>();
      open.push(one);
      return one.promise;
    },
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

describe("turns", () => {
  test("let a caller have so many at once, in their order", async () => {
    const turns = createCallerTurns(2);
    const { open, work } = createWork();
    const ended: number[] = [];

    const all = [0, 1, 2, 3].map((at) => turns.take("a", work).then(() => ended.push(at)));
    await settle();
    expect(open).toHaveLength(2);
    open[0]!.resolve();
    await settle();
    expect(open).toHaveLength(3);
    for (let at = 1; at < 4; at++) {
      open[at]!.resolve();
      await settle();
    }
    await Promise.all(all);

    expect(ended).toEqual([0, 1, 2, 3]);
  });

  test("of one caller are not waited for by another", async () => {
    const turns = createCallerTurns(1);
    const { open, work } = createWork();
    const first = [turns.take("a", work), turns.take("a", work)];

    expect(await turns.take("b", () => Promise.resolve("done"))).toBe("done");

    open[0]!.resolve();
    await settle();
    open[1]!.resolve();
    await Promise.all(first);
  });

  test("go on after a failure, with the same number at once", async () => {
    const turns = createCallerTurns(1);
    const fail = () => Promise.reject(new Error("no"));

    await expect(Promise.allSettled([turns.take("a", fail), turns.take("a", fail)])).resolves
      .toMatchObject([{ status: "rejected" }, { status: "rejected" }]);

    expect(await turns.take("a", () => Promise.resolve(1))).toBe(1);
  });
});
