import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { type Cast, createCast } from "./support/cast.ts";
import { createPage, createPointer, createProject } from "./support/drawings.ts";
import {
  claimQuestion,
  endMinute,
  exceeded,
  readUsed,
  retryAfterOf,
  searchWords,
  setQuota,
  untilMinuteHas,
} from "./support/quotas.ts";
import { raisedBy, sqlStateOf } from "./support/rejection.ts";
import { createDocument, queueTraining } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
let cast: Cast;
beforeEach(async () => {
  cast = await createCast(db);
});

describe("the quota of open jobs", () => {
  test("refuses the next, with the time to wait, and leaves nothing of it", async () => {
    await setQuota(db, cast.orgId, "open_jobs", 1);
    const [first, second] = [
      await createDocument(db, cast.orgId),
      await createDocument(db, cast.orgId),
    ];
    await queueTraining(db, cast.editor, first, { orgId: cast.orgId });

    const work = queueTraining(db, cast.editor, second, { orgId: cast.orgId });

    expect(await raisedBy(work)).toMatchObject(exceeded("open_jobs", 1));
    expect(await retryAfterOf(work)).toBe(30);
    const jobs = await db.query("select from public.mono_training_jobs where org_id = $1", [
      cast.orgId,
    ]);
    expect(jobs).toHaveLength(1);
  });

  test("takes a job that waits already", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project);
    const pointer = await createPointer(db, cast.editor, page);
    await setQuota(db, cast.orgId, "open_jobs", 1);

    await db.as(
      cast.editor,
      (client) =>
        client.query("update public.pointers set title = 'Other' where id = $1", [pointer]),
    );

    expect(await readUsed(db, cast.owner, cast.orgId, "open_jobs")).toBe(1);
  });

  test("refuses a crop whose reading could not be queued", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project);
    await setQuota(db, cast.orgId, "open_jobs", 0);

    const raised = await raisedBy(createPointer(db, cast.editor, page));

    expect(raised).toMatchObject(exceeded("open_jobs", 0));
    expect(await db.query("select from public.pointers where page_id = $1", [page])).toEqual([]);
  });

  test("keeps nobody else's work, nor the system's own", async () => {
    await setQuota(db, cast.orgId, "open_jobs", 0);
    const document = await createDocument(db, cast.strangerOrgId);

    await queueTraining(db, cast.stranger, document);
    const rows = await db.as(
      "service_role",
      (client) =>
        client.query<{ outcome: string }>("select outcome from public.enqueue_jobs($1)", [
          JSON.stringify([
            { org_id: cast.orgId, lane: "embedding", kind: "test", dedupe_key: cast.orgId },
          ]),
        ]),
    );

    expect(rows).toEqual([{ outcome: "inserted" }]);
  });
});

describe("the quota of tokens", () => {
  const consume = (orgId: string, tokens: number, at = "now()") =>
    db.query(
      `insert into public.usage_events (org_id, kind, provider, model, input_tokens, output_tokens, created_at)
       values ($1, 'test', 'openai', 'm', $2, 1, ${at})`,
      [orgId, tokens - 1],
    );

  test("stops new jobs and questions when the day's are consumed, until midnight", async () => {
    await setQuota(db, cast.orgId, "tokens_per_day", 100);
    const document = await createDocument(db, cast.orgId);
    await consume(cast.orgId, 99);
    await claimQuestion(db, cast.viewer, cast.orgId);
    await consume(cast.orgId, 1);

    const training = queueTraining(db, cast.editor, document, { orgId: cast.orgId });
    expect(await raisedBy(training)).toMatchObject(exceeded("tokens_per_day", 100));
    const question = claimQuestion(db, cast.viewer, cast.orgId);
    expect(await raisedBy(question)).toMatchObject(exceeded("tokens_per_day", 100));
    const midnight = 86_400 - (Date.now() / 1000) % 86_400;
    expect(Math.abs(await retryAfterOf(question) as number - midnight)).toBeLessThan(5);
  });

  test("forgets yesterday's and another organisation's", async () => {
    await setQuota(db, cast.orgId, "tokens_per_day", 100);
    await consume(cast.orgId, 1000, "date_trunc('day', now(), 'UTC') - interval '1 second'");
    await consume(cast.strangerOrgId, 1000);

    await expect(claimQuestion(db, cast.viewer, cast.orgId)).resolves.toBe(cast.orgId);
  });
});

describe("the quota of searches", () => {
  test("refuses the next in a minute, with the time to wait, and takes it in the next one", async () => {
    await untilMinuteHas(5);
    await setQuota(db, cast.orgId, "searches_per_minute", 2);
    await searchWords(db, cast.viewer, cast.orgId);
    await searchWords(db, cast.editor, cast.orgId);

    const work = searchWords(db, cast.viewer, cast.orgId);

    expect(await raisedBy(work)).toMatchObject(exceeded("searches_per_minute", 2));
    const seconds = await retryAfterOf(work);
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    await endMinute(db);
    await expect(searchWords(db, cast.viewer, cast.orgId)).resolves.toBeUndefined();
  });

  test("counts questions for the provider apart, before they are embedded", async () => {
    await untilMinuteHas(5);
    await setQuota(db, cast.orgId, "searches_per_minute", 1);
    await claimQuestion(db, cast.viewer, cast.orgId);

    const raised = await raisedBy(claimQuestion(db, cast.viewer, cast.orgId));

    expect(raised).toMatchObject(exceeded("searches_per_minute", 1));
    await expect(searchWords(db, cast.viewer, cast.orgId)).resolves.toBeUndefined();
  });

  test("does not count a search that failed", async () => {
    await untilMinuteHas(5);
    await setQuota(db, cast.orgId, "searches_per_minute", 1);
    const bad = db.as(
      cast.viewer,
      (client) => client.query("select * from public.search_knowledge($1, '')", [cast.orgId]),
    );
    expect((await raisedBy(bad)).code).toBe("INVALID_REQUEST");

    await expect(searchWords(db, cast.viewer, cast.orgId)).resolves.toBeUndefined();
  });

  test("is not got round by a transaction that is read-only, as that of a GET is", async () => {
    const work = db.as(cast.viewer, async (client) => {
      await client.query("set transaction read only");
      await client.query("select * from public.search_knowledge($1, 'roof', p_mode => 'text')", [
        cast.orgId,
      ]);
    });

    expect(await sqlStateOf(work)).toBe("25006");
  });

  test("keeps nobody from searching a database that takes no writes", async () => {
    const work = db.as(cast.viewer, async (client) => {
      await client.query(
        "select set_config('default_transaction_read_only', 'on', true)",
      );
      await client.query("set transaction read only");
      return await client.query(
        "select * from public.search_knowledge($1, 'roof', p_mode => 'text')",
        [cast.orgId],
      );
    });

    await expect(work).resolves.toEqual([]);
  });

  test("tells a stranger nothing of whether it is used up, and is not used up by one", async () => {
    await setQuota(db, cast.orgId, "searches_per_minute", 0);

    for (const work of [searchWords, claimQuestion]) {
      const raised = await raisedBy(work(db, cast.stranger, cast.orgId));

      expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
    }
    expect(await readUsed(db, cast.viewer, cast.orgId, "searches_per_minute")).toBe(0);
  });

  test.each(["anon", "service_role"] as const)("%s claims no question", async (persona) => {
    expect(await sqlStateOf(claimQuestion(db, persona, cast.orgId))).toBe("42501");
  });

  test("a question of a member of two needs to name one", async () => {
    expect((await raisedBy(claimQuestion(db, cast.memberOfTwo, null))).code).toBe("ORG_REQUIRED");
    expect(await claimQuestion(db, cast.viewer, null)).toBe(cast.orgId);
  });
});
