import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { whileBeating } from "../../../shared/training-files/build/while-beating.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that goes as far as the test says. */
function steps() {
  const end = Promise.withResolvers<void>();
  let report: (share: number) => Promise<void> = () => Promise.resolve();
  const work = async (onProgress: (share: number) => Promise<void>) => {
    report = onProgress;
    await end.promise;
    return "done";
  };
  return { work, end, report: (share: number) => report(share) };
}

describe("whileBeating", () => {
  test("beats at once and every five seconds, though the work makes no step", async () => {
    const { work, end, report } = steps();
    const beats: number[] = [];
    const result = whileBeating((share) => Promise.resolve(void beats.push(share)), work);
    await report(0.5);

    await vi.advanceTimersByTimeAsync(10_000);
    end.resolve();

    expect(await result).toBe("done");
    expect(beats).toEqual([0, 0.5, 0.5]);
  });

  test("is silent when the work has ended, well or not", async () => {
    const beats: number[] = [];
    const beat = (share: number) => Promise.resolve(void beats.push(share));
    await whileBeating(beat, () => Promise.resolve());
    await whileBeating(beat, () => Promise.reject(new Error("broken"))).catch(() => undefined);

    await vi.advanceTimersByTimeAsync(60_000);

    expect(beats).toEqual([0, 0]);
  });

  test("ends the work at its next step when a beat says that it is lost", async () => {
    const { work, report } = steps();
    void whileBeating(() => Promise.reject(new Error("lost")), work);
    await vi.advanceTimersByTimeAsync(0);

    await expect(report(0.5)).rejects.toThrow("lost");
  });
});
