import { afterAll, describe, expect, test } from "vitest";
import { createCast } from "../database/support/cast.ts";
import {
  addReading,
  claimPointer,
  completeVector,
  createPage,
  createPointer,
  createProject,
  readPointer,
  readSourceHash,
} from "../database/support/drawings.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { times, untilBlocked } from "./support/concurrency.ts";
import { pauseMidway } from "./support/pause-midway.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
const projectId = await createProject(db, cast.editor, cast.orgId);
const pageId = await createPage(db, cast.editor, projectId);

const announce = "update public.pointers set png_path = png_path where id = $1";
const cancel = (filter: object) =>
  db.query("select private.cancel_jobs($1)", [JSON.stringify(filter)]);

/** Does the first half of a change, waits until something else is blocked by it, does the rest. */
async function changeWhile(
  halves: [statement: string, parameters: unknown[]][],
  work: () => Promise<unknown>,
  blocked: string,
): Promise<void> {
  const change = await pauseMidway(db.transaction, async (client, pause) => {
    await client.query(...halves[0]!);
    await pause();
    for (const half of halves.slice(1)) await client.query(...half);
  });
  const working = work();
  await untilBlocked(db, blocked);
  await Promise.all([change(), working]);
}

describe("the deletion of an organisation", () => {
  test("waits for no reading that waits for it", async () => {
    const { orgId, editor } = await createCast(db);
    const id = await createPointer(
      db,
      editor,
      await createPage(db, editor, await createProject(db, editor, orgId)),
    );
    const lease = await claimPointer(db, id);
    const source = await readSourceHash(db, id);
    let outcome = "";

    await changeWhile(
      // The lock that the deletion begins with, before it meets pages, crops and jobs.
      [
        ["select from public.organizations where id = $1 for update", [orgId]],
        ["delete from public.organizations where id = $1", [orgId]],
      ],
      async () => {
        outcome = await addReading(db, lease, source);
      },
      "add_pointer_reading",
    );

    expect(outcome).toBe("stale_lease");
  });
});

describe("a cancellation", () => {
  test("waits for whoever changes the crop, who then queues it anew", async () => {
    const id = await createPointer(db, cast.editor, pageId);

    await changeWhile(
      // The lock that an update of the crop begins with, before its enqueue meets the job.
      [["select from public.pointers where id = $1 for no key update", [id]], [announce, [id]]],
      () => cancel({ kind: "enrich_pointer" }),
      "cancel_jobs",
    );

    expect(["failed", "pending"]).toContain((await readPointer(db, id)).enrichment_status);
  });

  test("and an edit of the same crop at once end without a deadlock, and the status is right", async () => {
    const ids = await times(4, () => createPointer(db, cast.editor, pageId));
    for (let round = 0; round < 40; round++) {
      await Promise.all([
        ...ids.map((id) => db.query(announce, [id])),
        cancel({ kind: "enrich_pointer" }),
        db.query("update public.pages set page_name = gen_random_uuid()::text where id = $1", [
          pageId,
        ]),
        cancel({ org_id: cast.orgId }),
      ]);
    }

    for (const id of ids) {
      const open = await db.query("select from private.jobs where dedupe_key = $1", [id]);
      expect((await readPointer(db, id)).enrichment_status).toBe(
        open.length > 0 ? "pending" : "failed",
      );
    }
    await cancel({ kind: "enrich_pointer" });
  });

  test("and a sheet that changes meet its crops in one order", async () => {
    const ids = (await times(6, () => createPointer(db, cast.editor, pageId))).sort();

    await changeWhile(
      [
        ["select from public.pointers where id = $1 for no key update", [ids[0]]],
        ["update public.pages set page_name = 'Other' where id = $1", [pageId]],
      ],
      () => cancel({ kind: "enrich_pointer" }),
      "cancel_jobs",
    );

    await cancel({ kind: "enrich_pointer" });
  });

  test("and a reading that is being written end in one outcome", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await createPointer(db, cast.editor, pageId);
      const lease = await claimPointer(db, id);
      const source = await readSourceHash(db, id);

      const [[added, completed]] = await Promise.all([
        addReading(db, lease, source).then(async (
          added,
        ) => [added, await completeVector(db, lease, source)]),
        cancel({ job_ids: [lease.job_id] }),
      ]);

      const { enrichment_status } = await readPointer(db, id);
      expect([["held", "done"], ["held", "stale_lease"], ["stale_lease", "stale_lease"]])
        .toContainEqual([added, completed]);
      expect(enrichment_status).toBe(completed === "done" ? "complete" : "failed");
    }
  });
});

describe("readings that are stored at once", () => {
  test("never hold more of the lane of embeddings than it may", async () => {
    await db.query(`select private.update_lane('pass2', '{"max_in_flight": 8}')`);
    await db.query(`select private.update_lane('embedding', '{"max_in_flight": 3}')`);
    const ids = await times(8, () => createPointer(db, cast.editor, pageId));
    const leases = [];
    for (const id of ids) leases.push({ id, lease: await claimPointer(db, id) });

    const states = await Promise.all(
      leases.map(async ({ id, lease }) =>
        await addReading(db, lease, await readSourceHash(db, id))
      ),
    );

    expect(states.toSorted()).toEqual([...Array(3).fill("held"), ...Array(5).fill("waiting")]);
  });
});
