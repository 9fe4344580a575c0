import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type Cast, createCast } from "../database/support/cast.ts";
import { createPage, createPointer, createProject } from "../database/support/drawings.ts";
import {
  claimQuestion,
  readUsed,
  searchWords,
  setQuota,
  untilMinuteHas,
} from "../database/support/quotas.ts";
import { createDocument } from "../database/support/training.ts";
import { createOrganization, createUser } from "../support/personas.ts";
import { createTestDatabase } from "../support/test-database.ts";
import { times } from "./support/concurrency.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

/** How many of so many at once were taken; the others are to be refused by their quota. */
async function countTaken(count: number, work: (index: number) => Promise<unknown>) {
  const outcomes = await times(
    count,
    (index) =>
      work(index).then(() => "ok", (error) => {
        if (error.code !== "PGRST") throw error;
        return JSON.parse(error.message).code as string;
      }),
  );
  expect(outcomes.filter((code) => code !== "ok" && code !== "QUOTA_EXCEEDED")).toEqual([]);
  return outcomes.filter((code) => code === "ok").length;
}

describe("many requests at once", () => {
  test("insert as many rows as the quota has, exactly", async () => {
    await setQuota(db, cast.orgId, "rows", 7);

    const taken = await countTaken(20, () => createDocument(db, cast.orgId));

    expect(taken).toBe(7);
    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(7);
  });

  test("are answered as many searches as the quota has, exactly", async () => {
    await untilMinuteHas(10);
    await setQuota(db, cast.orgId, "searches_per_minute", 7);

    expect(await countTaken(20, () => searchWords(db, cast.viewer, cast.orgId))).toBe(7);
    expect(await countTaken(20, () => claimQuestion(db, cast.viewer, cast.orgId))).toBe(7);
  });

  test("queue as many jobs as the quota has, exactly, where no row is counted with them", async () => {
    const page = await createPage(
      db,
      cast.editor,
      await createProject(db, cast.editor, cast.orgId),
    );
    const pointers = await times(20, () => createPointer(db, cast.editor, page));
    await db.query("delete from private.jobs where org_id = $1", [cast.orgId]);
    await setQuota(db, cast.orgId, "open_jobs", 7);

    const taken = await countTaken(
      20,
      (index) =>
        db.as(
          cast.editor,
          (client) =>
            client.query("update public.pointers set title = 'Other' where id = $1", [
              pointers[index],
            ]),
        ),
    );

    expect(taken).toBe(7);
    expect(await readUsed(db, cast.owner, cast.orgId, "open_jobs")).toBe(7);
  });

  test("make as many organisations as the quota has, exactly", async () => {
    const userId = await createUser(db);
    await db.query("update private.quotas set max_count = 3 where name = 'owned_organizations'");

    const taken = await countTaken(10, () => createOrganization(db, userId));

    await db.query("update private.quotas set max_count = 50 where name = 'owned_organizations'");
    expect(taken).toBe(3);
  });
});
