import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createOrganization, createUser } from "../support/personas.ts";
import { createTestDatabase, type Persona } from "../support/test-database.ts";
import { type Cast, createCast, eachRole, roles, rowsFor } from "./support/cast.ts";
import { createPage, createPointer, createProject } from "./support/drawings.ts";
import { invite } from "./support/invitations.ts";
import { idOf } from "./support/members.ts";
import {
  claimQuestion,
  endMinute,
  readUsed,
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

const exceeded = (quota: string, max: number) => ({
  code: "QUOTA_EXCEEDED",
  status: 429,
  details: { quota, max_count: max },
});

/** What a caller over HTTP would find in the header, in seconds. */
async function retryAfterOf(work: Promise<unknown>): Promise<number | null> {
  const error = await work.then(() => null, (error) => error);
  const { headers } = JSON.parse(error.detail);
  return "Retry-After" in headers ? Number(headers["Retry-After"]) : null;
}

function upload(persona: Persona, bucket: string, name: string) {
  return db.as(
    persona,
    (client) =>
      client.query("insert into storage.objects (bucket_id, name) values ($1, $2)", [bucket, name]),
  );
}

/** The quota of everybody who has none of their own. */
const setBaseQuota = (name: string, max: number) =>
  db.query("update private.quotas set max_count = $2 where name = $1", [name, max]);

const documentName = (orgId: string) => `${orgId}/${crypto.randomUUID()}/handbook.md`;

describe("organization_quotas", () => {
  test.each(eachRole("owner", "admin", "editor", "viewer", "memberOfTwo"))(
    "%s %s see them",
    async (verdict, role) => {
      await setQuota(db, cast.orgId, "rows", 5);

      const rows = await rowsFor(
        db,
        cast[role],
        "select 1 from public.organization_quotas where org_id = $1",
        [cast.orgId],
      );

      expect(rows).toBe(verdict === "lets" ? 1 : 0);
    },
  );

  test.each(roles.flatMap((role) => [
    [role, "insert into public.organization_quotas values ($1, 'rows', null)"] as const,
    [role, "update public.organization_quotas set max_count = null where org_id = $1"] as const,
    [role, "delete from public.organization_quotas where org_id = $1"] as const,
  ]))("keep %s from: %s", async (role, statement) => {
    const work = db.as(cast[role], (client) => client.query(statement, [cast.orgId]));

    expect(await sqlStateOf(work)).toBe("42501");
  });

  test.each(["private.quotas", "private.minute_counts", "private.row_counts"])(
    "keep an owner and the service role from %s",
    async (table) => {
      for (const persona of [cast.owner, "service_role" as const]) {
        const work = db.as(persona, (client) => client.query(`select from ${table}`));

        expect(await sqlStateOf(work)).toBe("42501");
      }
    },
  );
});

describe("list_quotas", () => {
  test("shows a member what is used and what may be", async () => {
    await createProject(db, cast.editor, cast.orgId);
    await setQuota(db, cast.orgId, "bytes", null);
    await db.query(
      `insert into storage.objects (bucket_id, name, metadata) values ('documents', $1, '{"size": 7}')`,
      [documentName(cast.orgId)],
    );
    await searchWords(db, cast.viewer, cast.orgId);

    const rows = await db.as(
      cast.viewer,
      (client) =>
        client.query<{ name: string; used: number; max: number | null }>(
          `select name, used_count::integer as used, max_count::double precision as max
           from public.list_quotas($1) order by name`,
          [cast.orgId],
        ),
    );

    expect(rows).toEqual([
      { name: "bytes", used: 7, max: null },
      { name: "objects", used: 1, max: 50_000 },
      { name: "open_invitations", used: 0, max: 200 },
      { name: "open_jobs", used: 0, max: 20_000 },
      // The project, and its five Experience files.
      { name: "rows", used: 6, max: 200_000 },
      { name: "searches_per_minute", used: 1, max: 3000 },
      { name: "tokens_per_day", used: 0, max: 100_000_000 },
    ]);
  });

  test("does not exist for a stranger's organisation", async () => {
    const raised = await raisedBy(readUsed(db, cast.stranger, cast.orgId, "rows"));

    expect(raised).toMatchObject({ code: "ORG_NOT_FOUND", status: 404 });
  });

  test("is not for anon", async () => {
    expect(await sqlStateOf(readUsed(db, "anon", cast.orgId, "rows"))).toBe("42501");
  });
});

describe("the quota of rows", () => {
  test("takes what fits, refuses the next, and takes it again after a deletion", async () => {
    await setQuota(db, cast.orgId, "rows", 2);
    const first = await createDocument(db, cast.orgId);
    await createDocument(db, cast.orgId);

    const raised = await raisedBy(createDocument(db, cast.orgId));

    expect(raised).toMatchObject(exceeded("rows", 2));
    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(2);
    await db.as(
      cast.admin,
      (client) => client.query("delete from public.vault_documents where id = $1", [first]),
    );
    await expect(createDocument(db, cast.orgId)).resolves.toBeDefined();
  });

  test("says nothing of waiting, which would not help", async () => {
    await setQuota(db, cast.orgId, "rows", 0);

    expect(await retryAfterOf(createDocument(db, cast.orgId))).toBeNull();
  });

  test("is one for documents, drawings and conversations, and for whoever writes", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project);
    await setQuota(db, cast.orgId, "rows", 7);

    const conversation = (persona: Persona) =>
      db.as(persona, (client) =>
        client.query(
          "insert into public.conversations (org_id, conversation_id) values ($1, $2)",
          [cast.orgId, crypto.randomUUID()],
        ));

    expect(await raisedBy(createPointer(db, cast.editor, page))).toMatchObject(exceeded("rows", 7));
    expect(await raisedBy(conversation(cast.editor))).toMatchObject(exceeded("rows", 7));
    expect(await raisedBy(conversation("service_role"))).toMatchObject(exceeded("rows", 7));
  });

  test("counts off whatever a deletion takes along", async () => {
    const project = await createProject(db, cast.editor, cast.orgId);
    const page = await createPage(db, cast.editor, project);
    await createPointer(db, cast.editor, page);
    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(8);

    await db.as(
      cast.admin,
      (client) => client.query("delete from public.projects where id = $1", [project]),
    );

    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(0);
  });

  test("counts nothing of a statement that is rolled back or writes nothing", async () => {
    await db.query(
      `insert into public.mono_training_sets (org_id, name) values ($1, 'Vault')
       on conflict do nothing`,
      [cast.orgId],
    );
    for (let again = 0; again < 2; again++) {
      await db.query(
        `insert into public.mono_training_sets (org_id, name) values ($1, 'Vault')
         on conflict do nothing`,
        [cast.orgId],
      );
    }
    await db.transaction(async (client) => {
      await client.query("insert into public.projects (org_id, name) values ($1, 'x')", [
        cast.orgId,
      ]);
      throw new Error("roll back");
    }).catch(() => undefined);

    expect(await readUsed(db, cast.owner, cast.orgId, "rows")).toBe(1);
  });

  test("of one organisation is not another's", async () => {
    await setQuota(db, cast.orgId, "rows", 0);

    await expect(createDocument(db, cast.strangerOrgId)).resolves.toBeDefined();
  });
});

describe("the quotas of objects and bytes", () => {
  test("let an editor upload until they are used up, in all buckets together", async () => {
    await setQuota(db, cast.orgId, "objects", 2);
    const id = crypto.randomUUID();

    await upload(cast.editor, "documents", documentName(cast.orgId));
    await upload(cast.editor, "pointer-crops", `${cast.orgId}/${id}/${id}.png`);

    const more = upload(cast.editor, "documents", documentName(cast.orgId));
    expect(await sqlStateOf(more)).toBe("42501");
    await setQuota(db, cast.orgId, "objects", 3);
    await expect(upload(cast.editor, "documents", documentName(cast.orgId))).resolves.toBeDefined();
  });

  test("count what others have uploaded, and no other organisation's", async () => {
    await setQuota(db, cast.orgId, "objects", 1);
    await db.query(
      "insert into storage.objects (bucket_id, name) values ('documents', $1), ('documents', $2)",
      [documentName(cast.strangerOrgId), `${cast.orgId.slice(0, -1)}/x`],
    );

    await upload(cast.owner, "documents", documentName(cast.orgId));

    const more = upload(cast.editor, "documents", documentName(cast.orgId));
    expect(await sqlStateOf(more)).toBe("42501");
  });

  test("count bytes as the platform has them", async () => {
    await setQuota(db, cast.orgId, "bytes", 1000);
    const store = (size: number) =>
      db.query(
        "insert into storage.objects (bucket_id, name, metadata) values ('documents', $1, $2)",
        [documentName(cast.orgId), JSON.stringify({ size })],
      );

    await store(999);
    await expect(upload(cast.editor, "documents", documentName(cast.orgId))).resolves.toBeDefined();
    await store(1);

    const more = upload(cast.editor, "documents", documentName(cast.orgId));
    expect(await sqlStateOf(more)).toBe("42501");
  });

  test("of a user's own folder are those of everybody", async () => {
    const userId = await createUser(db);
    const name = () => `${userId}/${crypto.randomUUID()}/enriched.json`;
    const uploadMine = () => upload({ userId }, "conversation-files", name());
    await setBaseQuota("objects", 1);

    await expect(uploadMine()).resolves.toBeDefined();
    expect(await sqlStateOf(uploadMine())).toBe("42501");

    await setBaseQuota("objects", 50_000);
    await expect(uploadMine()).resolves.toBeDefined();
  });

  test("without a limit let everything in", async () => {
    await setQuota(db, cast.orgId, "objects", null);
    await setQuota(db, cast.orgId, "bytes", null);

    await expect(upload(cast.editor, "documents", documentName(cast.orgId))).resolves.toBeDefined();
  });
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

describe("the quotas of people", () => {
  test("refuse one invitation too many, until one has ended", async () => {
    await setQuota(db, cast.orgId, "open_invitations", 1);
    await invite(db, cast.admin, cast.orgId, "a@example.test");

    const raised = await raisedBy(invite(db, cast.admin, cast.orgId, "b@example.test"));

    expect(raised).toMatchObject(exceeded("open_invitations", 1));
    await expect(invite(db, cast.admin, cast.orgId, "a@example.test")).resolves.toBeDefined();
    await db.query(
      "update public.organization_invitations set expires_at = now() where org_id = $1",
      [cast.orgId],
    );
    await expect(invite(db, cast.admin, cast.orgId, "b@example.test")).resolves.toBeDefined();
  });

  test("refuse one organisation too many of one owner, and nobody else's", async () => {
    const userId = await createUser(db);
    await setBaseQuota("owned_organizations", 2);
    await createOrganization(db, userId);
    await createOrganization(db, userId);

    const raised = await raisedBy(createOrganization(db, userId));

    expect(raised).toMatchObject(exceeded("owned_organizations", 2));
    await expect(createOrganization(db, idOf(cast.viewer))).resolves.toBeDefined();
    await setBaseQuota("owned_organizations", 50);
  });
});
