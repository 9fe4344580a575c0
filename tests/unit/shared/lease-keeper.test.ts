import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import type { Database } from "../../../shared/database.types.ts";
import { LeaseKeeper } from "../../../shared/jobs/lease-keeper.ts";

interface Ref {
  job_id: string;
  lease_token: string;
  progress: number;
}

const never = new AbortController().signal;
let beats: Ref[][];
let answer: (refs: Ref[]) => Response | Promise<Response>;
let server: Deno.HttpServer<Deno.NetAddr>;
let keeper: LeaseKeeper;
let logged: MockInstance<typeof console.error>;

beforeEach(() => {
  beats = [];
  answer = (refs) => Response.json(refs.map(({ job_id }) => ({ job_id, state: "ok" })));
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => undefined },
    async (request) => {
      const { p_refs } = await request.json();
      beats.push(p_refs);
      return await answer(p_refs);
    },
  );
  const client = createClient<Database>(`http://127.0.0.1:${server.addr.port}`, "key");
  logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  // A beat every 30 ms.
  keeper = new LeaseKeeper(client, "worker", 0.09);
});
afterEach(async () => {
  keeper.stop();
  logged.mockRestore();
  await server.shutdown();
});

function job(job_id = "1") {
  return {
    job_id,
    lease_token: crypto.randomUUID(),
    org_id: crypto.randomUUID(),
    lane: "embedding",
    attempt: 1,
    kind: "train_document",
    payload: {},
  };
}

function lose(refs: Ref[], tokens: string[]): Response {
  return Response.json(refs.map(({ job_id, lease_token }) => ({
    job_id,
    state: tokens.includes(lease_token) ? "lost" : "ok",
  })));
}

describe("a lease keeper", () => {
  test("is silent while it holds nothing", async () => {
    const held = job();
    keeper.hold(held, never);
    await expect.poll(() => beats.length).toBeGreaterThan(0);
    keeper.drop(held);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const before = beats.length;

    await new Promise((resolve) => setTimeout(resolve, 120));

    expect(beats.length).toBe(before);
  });

  test("reports every lease with its progress", async () => {
    const [first, second] = [job("1"), job("2")];
    keeper.hold(first, never).setProgress(0.5);
    keeper.hold(second, never);

    await expect.poll(() => beats.at(-1)).toEqual([
      { job_id: "1", lease_token: first.lease_token, progress: 0.5 },
      { job_id: "2", lease_token: second.lease_token, progress: 0 },
    ]);
  });

  test("ends the work on the lease that is lost, and on no other", async () => {
    const [first, second] = [job("1"), job("2")];
    answer = (refs) => lose(refs, [first.lease_token]);

    const lost = keeper.hold(first, never);
    const kept = keeper.hold(second, never);

    await expect.poll(() => lost.signal.aborted).toBe(true);
    expect(lost.signal.reason).toEqual(new Error("the lease is lost"));
    expect(kept.signal.aborted).toBe(false);
  });

  test("does not take the loss of an old lease for that of a new one on the same job", async () => {
    const [old, renewed] = [job("1"), job("1")];
    const late = Promise.withResolvers<void>();
    answer = async (refs) => {
      if (refs[0]!.lease_token === old.lease_token) await late.promise;
      return lose(refs, [old.lease_token]);
    };
    keeper.hold(old, never);
    await expect.poll(() => beats.length).toBeGreaterThan(0);

    keeper.drop(old);
    const lease = keeper.hold(renewed, never);
    late.resolve();
    await expect.poll(() => beats.at(-1)![0]!.lease_token).toBe(renewed.lease_token);
    await expect.poll(() => beats.length).toBeGreaterThan(2);

    expect(lease.signal.aborted).toBe(false);
  });

  test("ends the work on a job that it takes again, and keeps the new lease when that has ended", async () => {
    const [old, renewed] = [job("1"), job("1")];
    const lost = keeper.hold(old, never);

    const lease = keeper.hold(renewed, never);
    keeper.drop(old);

    expect(lost.signal.reason).toEqual(new Error("the lease is lost"));
    expect(lease.signal.aborted).toBe(false);
    await expect.poll(() => beats.at(-1)).toEqual([
      { job_id: "1", lease_token: renewed.lease_token, progress: 0 },
    ]);
  });

  test("does not take a heartbeat that fails for a loss", async () => {
    answer = () => Response.json({ code: "XX000", message: "down" }, { status: 500 });

    const lease = keeper.hold(job(), never);
    await expect.poll(() => logged.mock.calls.length).toBeGreaterThan(1);

    expect(lease.signal.aborted).toBe(false);
  });

  test("has nothing more to book of what has been booked", () => {
    const lease = keeper.hold(job(), never);
    const usage = { provider: "p", model: "m", input_tokens: 3, output_tokens: 0 };
    lease.addUsage(usage);

    lease.clearUsage();

    expect(lease.usage()).toEqual([]);
    lease.addUsage(usage);
    expect(lease.usage()).toEqual([usage]);
  });

  test("ends all work when the worker stops", () => {
    const stopping = new AbortController();
    const lease = keeper.hold(job(), stopping.signal);

    stopping.abort();

    expect(lease.signal.aborted).toBe(true);
  });
});
