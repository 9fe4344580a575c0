import { createClient } from "@supabase/supabase-js";
import { expect, test } from "vitest";
import type { Database } from "../../../shared/database.types.ts";
import type { Lease } from "../../../shared/jobs/lease-keeper.ts";
import { createSweepStorage } from "../../../shared/jobs/sweep-storage.ts";

const job = {
  job_id: "1",
  lease_token: crypto.randomUUID(),
  org_id: null,
  lane: "storage",
  attempt: 1,
  kind: "sweep_storage",
  payload: {},
} as const;
const lease: Lease = {
  signal: new AbortController().signal,
  setProgress: () => {},
  addUsage: () => {},
  usage: () => [],
  leave: () => Promise.resolve(),
  clearUsage: () => {},
};

/** What is deleted and told to be, when the list takes so long to arrive. */
async function sweep(delayMs: number): Promise<{ removed: string[]; told: string[] }> {
  const lists = [[{ id: "1", bucket: "documents", path: "a" }], []];
  const seen = { removed: [] as string[], told: [] as string[] };
  let now = 0;
  const answer = async (input: RequestInfo | URL, init?: RequestInit) => {
    const { url, body } = { url: String(input), body: await new Response(init?.body).json() };
    if (url.endsWith("/list_due_objects")) {
      now += delayMs;
      return Response.json(lists.shift());
    }
    if (url.endsWith("/complete_sweep_job")) {
      seen.told = body.p_deleted_ids;
      return Response.json("done");
    }
    seen.removed.push(...body.prefixes);
    return Response.json([]);
  };
  const client = createClient<Database>("http://127.0.0.1", "key", { global: { fetch: answer } });

  await createSweepStorage(client, () => now)(job, lease);
  return seen;
}

test("what is listed is deleted at once", async () => {
  expect(await sweep(100)).toEqual({ removed: ["a"], told: ["1"] });
});

test("a list that arrives late is left, since a row may name its objects by now", async () => {
  expect(await sweep(5_000)).toEqual({ removed: [], told: [] });
});
