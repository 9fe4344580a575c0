import { describe, expect, test } from "vitest";
import { readAhead } from "../../../shared/training-files/build/read-ahead.ts";

describe("readAhead", () => {
  test("keeps the order, whatever arrives first", async () => {
    const load = async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return ms;
    };

    const loaded = await Array.fromAsync(readAhead([30, 1, 20, 2, 0], 3, load));

    expect(loaded).toEqual([30, 1, 20, 2, 0]);
  });

  test("has no more than the given number on their way", async () => {
    let open = 0;
    let most = 0;
    const load = async (item: number) => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 1));
      open--;
      return item;
    };

    await Array.fromAsync(readAhead([...Array(20).keys()], 4, load));

    expect(most).toBe(4);
  });

  test("throws what the first that fails throws, and nothing goes unhandled", async () => {
    const load = (item: number) =>
      item === 1 ? Promise.reject(new Error("one")) : Promise.reject(new Error("another"));

    await expect(Array.fromAsync(readAhead([1, 2, 3], 3, load))).rejects.toThrow("one");
  });
});
