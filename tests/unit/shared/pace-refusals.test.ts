import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { paceRefusals } from "../../../shared/pace-refusals.ts";

function createPace() {
  let time = 1000;
  const wait = paceRefusals({ burst: 3, intervalMs: 10, mostMs: 50 }, () => time);
  return { wait, pass: (ms: number) => void (time += ms) };
}

describe("refusals", () => {
  test("go at once when they are few, and then one after the other", () => {
    const { wait } = createPace();

    expect([1, 2, 3, 4, 5].map(wait)).toEqual([0, 0, 0, 10, 20]);
  });

  test("go at once again after a rest", () => {
    const { wait, pass } = createPace();
    for (let sent = 0; sent < 5; sent++) wait();

    pass(50);

    expect([1, 2, 3, 4].map(wait)).toEqual([0, 0, 0, 10]);
  });

  test("wait no longer than the longest wait, and owe no more than that afterwards", () => {
    const { wait, pass } = createPace();
    for (let sent = 0; sent < 1000; sent++) wait();

    expect(wait()).toBe(50);
    pass(60);
    expect(wait()).toBe(0);
  });

  test("leave in any stretch of time no more than the burst and one an interval", () => {
    fc.assert(fc.property(fc.array(fc.nat(15), { maxLength: 200 }), (gaps) => {
      const { wait, pass } = createPace();
      const leaves: number[] = [];
      let time = 0;
      for (const gap of gaps) {
        pass(gap);
        time += gap;
        const ms = wait();
        if (ms < 50) leaves.push(time + ms);
      }
      leaves.sort((a, b) => a - b);
      for (let at = 0; at + 4 < leaves.length; at++) {
        expect(leaves[at + 4]! - leaves[at]!).toBeGreaterThanOrEqual(10);
      }
    }));
  });
});
