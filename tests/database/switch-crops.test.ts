import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, only } from "../support/test-database.ts";
import { type Cast, createCast } from "./support/cast.ts";
import {
  addReading,
  aResult,
  claimPointer,
  completePointer,
  completeVector,
  createPage,
  createPointer,
  createProject,
  enrich,
  readPointer,
  readSourceHash,
} from "./support/drawings.ts";
import {
  cancelSwitches,
  models,
  readModel,
  readSwitch,
  switchModel,
  vectorOf,
} from "./support/embedding-models.ts";
import { fail } from "./support/queue.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());

const vectorBy = (model: string) => ({ embedding_model: model, embedding: vectorOf(model, 1) });
let cast: Cast;
let crops: [string, string];

/** An organisation with two crops that were read, with vectors of model a. */
beforeEach(async () => {
  await cancelSwitches(db, null);
  await db.exec("delete from private.jobs");
  cast = await createCast(db);
  const projectId = await createProject(db, cast.editor, cast.orgId);
  const pageId = await createPage(db, cast.editor, projectId);
  crops = [
    await createPointer(db, cast.editor, pageId),
    await createPointer(db, cast.editor, pageId),
  ];
  for (const id of crops) await enrich(db, id, vectorBy(models.a));
});

const sweep = () => db.query("select private.sweep_jobs()");

/** The crops that a question of the model is near to. */
async function find(model: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    "select id from private.list_nearest_pointers($1, $2, $3, null, null, 10) where distance < 0.1",
    [cast.orgId, vectorOf(model, 1), model],
  );
  return rows.map(({ id }) => id).sort();
}

/** The model that a crop lacks a vector of; null when it lacks none. */
async function nextModelOf(id: string): Promise<string | null> {
  return only(
    await db.query<{ next_embedding_model: string | null }>(
      "select next_embedding_model from public.get_pointer_source($1)",
      [id],
    ),
  ).next_embedding_model;
}

/** Gives a crop its next vector, as a worker does. */
async function embedAnew(id: string, result: object | null = vectorBy(models.b)): Promise<string> {
  const lease = await claimPointer(db, id);
  expect(lease.lane).toBe("embedding");
  return await completeVector(db, lease, await readSourceHash(db, id), result);
}

async function openJobs(id: string): Promise<number> {
  return (await db.query("select from private.jobs where dedupe_key = $1", [id])).length;
}

describe("a switch of the embedding model", () => {
  test("changes nothing for crops until the last has its vector, then all at once", async () => {
    await switchModel(db, models.b, cast.orgId);
    expect(await nextModelOf(crops[0])).toBe(models.b);

    expect(await embedAnew(crops[0])).toBe("done");
    await sweep();
    const midway = [await readModel(db, cast.orgId), await find(models.a), await find(models.b)];
    await embedAnew(crops[1]);
    await sweep();

    expect(midway).toEqual([models.a, [...crops].sort(), []]);
    expect(await readModel(db, cast.orgId)).toBe(models.b);
    expect(await find(models.b)).toEqual([...crops].sort());
    expect(await find(models.a)).toEqual([]);
    for (const id of crops) {
      expect(await readPointer(db, id)).toMatchObject({
        enrichment_status: "complete",
        description: aResult.description,
        embedding_model: models.b,
      });
      expect(await openJobs(id)).toBe(0);
    }
  });

  test("finds a crop that changes meanwhile by its new text, and embeds that for both", async () => {
    await switchModel(db, models.b, cast.orgId);
    await embedAnew(crops[0]);
    await embedAnew(crops[1]);
    await db.query("update public.pointers set title = 'Scupper' where id = $1", [crops[0]]);

    const lease = await claimPointer(db, crops[0]);
    const read = { ...aResult, input_hash: "new", description: "# SCUPPER", ...vectorBy(models.a) };
    expect(await completePointer(db, lease, await readSourceHash(db, crops[0]), read)).toBe("done");
    await sweep();
    const midway = [await readModel(db, cast.orgId), await readPointer(db, crops[0])];
    expect(await nextModelOf(crops[0])).toBe(models.b);
    await embedAnew(crops[0]);
    await sweep();

    expect(midway).toMatchObject([models.a, {
      description: "# SCUPPER",
      embedding_model: models.a,
    }]);
    expect(await find(models.b)).toEqual([...crops].sort());
  });

  test("shows no new reading without a vector that the present model is searched by", async () => {
    await switchModel(db, models.b, cast.orgId);
    await db.query("update public.pointers set title = 'Scupper' where id = $1", [crops[0]]);

    const lease = await claimPointer(db, crops[0]);
    const read = { ...aResult, input_hash: "new", ...vectorBy(models.b) };
    const outcome = await completePointer(db, lease, await readSourceHash(db, crops[0]), read);

    expect(outcome).toBe("stale_input");
    expect(await readPointer(db, crops[0])).toMatchObject({ embedding_model: models.a });
    expect(await nextModelOf(crops[0])).toBeNull();
  });

  test("leaves a crop that the next model does not take to be found by its words", async () => {
    await switchModel(db, models.b, cast.orgId);
    await embedAnew(crops[0]);

    await embedAnew(crops[1], null);
    const midway = await find(models.a);
    await sweep();

    expect(midway).toEqual([...crops].sort());
    expect(await find(models.b)).toEqual([crops[0]]);
    expect(await readPointer(db, crops[1])).toMatchObject({ embedding_model: null });
  });

  test("keeps no vector of a crop's former text when the present model takes none of the new", async () => {
    await switchModel(db, models.b, cast.orgId);
    await embedAnew(crops[0]);
    await db.query("update public.pointers set title = 'Scupper' where id = $1", [crops[0]]);

    const lease = await claimPointer(db, crops[0]);
    const hash = await readSourceHash(db, crops[0]);
    const reading = { ...aResult, input_hash: "new", description: "# SCUPPER" };
    expect(await addReading(db, lease, hash, reading)).toBe("held");
    expect(await completeVector(db, lease, hash, null)).toBe("done");
    await embedAnew(crops[1]);
    await sweep();

    expect(await find(models.b)).toEqual([crops[1]]);
    expect(await readPointer(db, crops[0])).toMatchObject({
      description: "# SCUPPER",
      embedding_model: null,
    });
  });

  test("waits for a crop whose job has died, says so, and tries it when it is asked for again", async () => {
    await switchModel(db, models.b, cast.orgId);
    await embedAnew(crops[0]);
    const lease = await claimPointer(db, crops[1]);
    const failure = { code: "EMBEDDING_SWITCH_FAILED", message: "there is no key" };
    await fail(db, lease, { ...failure, is_permanent: true });
    await sweep();

    const waiting = await readSwitch(db, cast.orgId);
    const shown = await readPointer(db, crops[1]);
    const midway = await find(models.a);
    await switchModel(db, models.b, cast.orgId);
    await embedAnew(crops[1]);
    await sweep();

    expect(waiting).toMatchObject({ failures: [{ ...failure, pointer_id: crops[1] }] });
    expect(shown).toMatchObject({ enrichment_status: "complete", error_message: null });
    expect(midway).toEqual([...crops].sort());
    expect(await find(models.b)).toEqual([...crops].sort());
  });

  test("goes on without a crop that could not be read again, which loses its vector", async () => {
    await db.query("update public.pointers set title = 'Scupper' where id = $1", [crops[1]]);
    await fail(db, await claimPointer(db, crops[1]), { code: "CROP_MISSING", is_permanent: true });
    await switchModel(db, models.b, cast.orgId);

    await embedAnew(crops[0]);
    await sweep();

    expect(await find(models.b)).toEqual([crops[0]]);
    expect(await openJobs(crops[1])).toBe(1);
  });

  test("goes on without a crop that is deleted", async () => {
    await switchModel(db, models.b, cast.orgId);
    await embedAnew(crops[0]);

    await db.query("delete from public.pointers where id = $1", [crops[1]]);
    await sweep();

    expect(await find(models.b)).toEqual([crops[0]]);
  });

  test("that is called off leaves every crop as it was", async () => {
    await switchModel(db, models.b, cast.orgId);
    await embedAnew(crops[0]);

    await cancelSwitches(db, cast.orgId);
    await sweep();

    expect(await find(models.a)).toEqual([...crops].sort());
    expect(await nextModelOf(crops[0])).toBeNull();
    expect(await db.query("select from private.next_pointer_vectors")).toHaveLength(0);
    for (const id of crops) {
      expect(await readPointer(db, id)).toMatchObject({
        enrichment_status: "complete",
        error_message: null,
      });
      // Whoever calls it off pays for no more vectors.
      expect(await openJobs(id)).toBe(0);
    }
  });

  test("that is called off while a vector is on its way leaves that crop found", async () => {
    await switchModel(db, models.b, cast.orgId);
    const lease = await claimPointer(db, crops[0]);
    const hash = await readSourceHash(db, crops[0]);

    await cancelSwitches(db, cast.orgId);
    const outcome = await completeVector(db, lease, hash, vectorBy(models.b));

    expect(outcome).toBe("stale_input");
    expect(await find(models.a)).toEqual([...crops].sort());
  });

  test("says how many crops it waits for", async () => {
    await switchModel(db, models.b, cast.orgId);
    await embedAnew(crops[0]);

    const rows = await db.query(
      "select missing_crop_count::integer from public.embedding_switches where org_id = $1",
      [cast.orgId],
    );

    expect(rows).toEqual([{ missing_crop_count: 1 }]);
  });
});
