import { describe, expect, test } from "vitest";
import { WorkerPlaces } from "../../../shared/jobs/worker-places.ts";

const move = { job_id: "1", lease_token: "t", lane: "embedding", token_count: 5 };

/** Work that goes on until it is ended. */
function createWork() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: promise, end: resolve };
}

/** Whether a promise is settled once everything that is due has happened. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise((resolve) => setTimeout(() => resolve("later"), 0));
  return await Promise.race([promise, later]) !== "later";
}

describe("the places of a worker", () => {
  test("are taken until the work is over, and say so", async () => {
    const places = new WorkerPlaces(2);
    const { work, end } = createWork();
    places.hold(work);
    const change = places.change();
    expect([places.free, places.isIdle, await isOver(change)]).toEqual([1, false, false]);

    end();
    await change;

    expect([places.free, places.isIdle]).toEqual([2, true]);
  });

  test("are freed by work that fails, too", async () => {
    const places = new WorkerPlaces(1);
    places.hold(Promise.reject(new Error("no luck")));

    await places.change();

    expect(places.free).toBe(1);
  });

  test("are freed by work that leaves, once, while it goes on", async () => {
    const places = new WorkerPlaces(1);
    const { work, end } = createWork();
    places.hold(work);
    const change = places.change();

    void places.leave(work, move);

    expect(await isOver(change)).toBe(true);
    expect([places.free, places.isIdle]).toEqual([1, false]);
    const later = places.change();
    end();
    await work;
    expect(await isOver(later)).toBe(false);
    expect([places.free, places.isIdle]).toEqual([1, true]);
  });

  test("keep who leaves waiting until the claim that takes the move along is answered", async () => {
    const places = new WorkerPlaces(2);
    const [first, second] = [createWork().work, createWork().work];
    const isFirstOver = places.leave(first, move);
    expect(places.takeMoves()).toEqual([move]);
    const isSecondOver = places.leave(second, { ...move, job_id: "2" });

    places.settleMoves();

    expect(await isOver(isFirstOver)).toBe(true);
    expect(await isOver(isSecondOver)).toBe(false);
    expect(places.takeMoves()).toEqual([{ ...move, job_id: "2" }]);
  });

  test("keep nobody waiting when no claim comes any more, and end with the last work", async () => {
    const places = new WorkerPlaces(2);
    const [first, second] = [createWork(), createWork()];
    places.hold(first.work);
    places.hold(second.work);
    const isFirstOver = places.leave(first.work, move);
    places.takeMoves();

    const closed = places.close();
    const isSecondOver = places.leave(second.work, move);

    expect(await isOver(isFirstOver)).toBe(true);
    expect(await isOver(isSecondOver)).toBe(true);
    expect(await isOver(closed)).toBe(false);
    first.end();
    second.end();
    expect(await isOver(closed)).toBe(true);
  });
});
