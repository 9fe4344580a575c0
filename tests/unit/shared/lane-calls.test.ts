import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Database } from "../../../shared/database.types.ts";
import { createLaneCalls } from "../../../shared/jobs/lane-calls.ts";

interface Asked {
  p_lane: string;
  p_request_count: number;
  p_token_count: number;
}

const never = new AbortController().signal;
let asked: Asked[];
/** What the database answers, in order; 0 after the last. */
let waits: number[];
let server: Deno.HttpServer<Deno.NetAddr>;
let take: ReturnType<typeof createLaneCalls>;

beforeEach(() => {
  asked = [];
  waits = [];
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    async (request) => {
      asked.push(await request.json());
      return Response.json(waits.shift() ?? 0);
    },
  );
  const client = createClient<Database>(`http://127.0.0.1:${server.addr.port}`, "key");
  take = createLaneCalls(client, "embedding");
});
afterEach(async () => {
  vi.useRealTimers();
  await server.shutdown();
});

describe("createLaneCalls", () => {
  test("pays for no request with the first call, which the claim has paid for", async () => {
    await take(100, never);
    await take(200, never);
    await take(0, never);

    expect(asked).toEqual([
      { p_lane: "embedding", p_request_count: 0, p_token_count: 100 },
      { p_lane: "embedding", p_request_count: 1, p_token_count: 200 },
      { p_lane: "embedding", p_request_count: 1, p_token_count: 0 },
    ]);
  });

  test("waits as long as it is told, and asks again for the same", async () => {
    waits = [0.05, 0.05];
    const startedAt = performance.now();

    await take(100, never);

    expect(performance.now() - startedAt).toBeGreaterThan(95);
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map((call) => JSON.stringify(call))).size).toBe(1);
  });

  test("gives the job back instead of waiting long with its lease held", async () => {
    waits = [20.5];

    await expect(take(100, never)).rejects.toMatchObject({ name: "LaneBusyError" });
  });

  test("asks again before the end of a long wait: somebody may have resumed the lane", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    waits = [15];
    const work = take(100, never);

    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await vi.advanceTimersByTimeAsync(2000);
    await work;

    expect(asked).toHaveLength(2);
  });

  test("ends a wait when the job is lost", async () => {
    waits = [15];
    const stopping = new AbortController();
    const work = take(100, stopping.signal);
    const lost = new Error("the lease is lost");

    setTimeout(() => stopping.abort(lost), 20);

    await expect(work).rejects.toBe(lost);
    expect(asked).toHaveLength(1);
  });

  test("does not begin to wait for a job that is lost already", async () => {
    waits = [15];
    const lost = new Error("the lease is lost");

    await expect(take(100, AbortSignal.abort(lost))).rejects.toBe(lost);
  });
});
