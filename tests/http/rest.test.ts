import { beforeAll, describe, expect, test } from "vitest";
import { trainToEnd } from "../support/training.ts";
import { addDocument, createMember, createUser, type User } from "../support/user.ts";
import { rest } from "./support/rest.ts";

const tables = [
  "organizations",
  "organization_members",
  "vault_documents",
  "mono_training_sets",
  "mono_training_docs",
  "mono_training_jobs",
  "mono_training_chunks",
] as const;
const nobody = { authorization: null };

let owner: User;
let stranger: User;
let documentId: string;

beforeAll(async () => {
  [owner, stranger] = await Promise.all([createUser(), createUser()]);
  documentId = await addDocument(owner, "The roof leaks.");
  await trainToEnd(owner, documentId);
});

function own(table: string, user = owner): string {
  return `${table}?${table === "organizations" ? "id" : "org_id"}=eq.${user.orgId}`;
}

/** Every row of the organisation, as the service role sees it. */
async function everything(): Promise<unknown[]> {
  const headers = { apikey: owner.stack.secretKey, authorization: null };
  return await Promise.all(
    tables.map(async (table) => (await rest(owner, own(table), { headers })).body),
  );
}

describe.each(tables)("rows of %s", (table) => {
  test("are seen by a viewer of the organisation", async () => {
    const viewer = await createMember(owner, "viewer");

    const { body } = await rest(viewer, own(table));

    expect(body).not.toEqual([]);
  });

  test("are not there for a stranger, whatever is asked for", async () => {
    const direct = await rest(stranger, own(table));
    const all = await rest(stranger, `${table}?select=*`);

    expect(direct.body).toEqual([]);
    expect(all.text).not.toContain(owner.orgId);
  });

  test("are refused to somebody without a token", async () => {
    const { status, body } = await rest(owner, own(table), { headers: nobody });

    expect([401, 403]).toContain(status);
    expect(body).not.toBeInstanceOf(Array);
  });

  test("are refused without any key", async () => {
    const { status } = await rest(owner, own(table), { headers: { ...nobody, apikey: null } });

    expect(status).toBe(401);
  });

  test("are neither changed nor deleted by a stranger or by nobody", async () => {
    const before = await everything();

    for (const headers of [{}, nobody]) {
      await rest(stranger, own(table), {
        method: "PATCH",
        body: { created_at: "2000-01-01" },
        headers,
      });
      await rest(stranger, own(table), { method: "DELETE", headers });
    }

    expect(await everything()).toEqual(before);
  });
});

describe("a stranger", () => {
  test.each([
    ["organization_members", () => ({ org_id: owner.orgId, user_id: stranger.id, role: "owner" })],
    ["organizations", () => ({ name: "Mine" })],
    ["mono_training_sets", () => ({ org_id: owner.orgId, name: "Planted" })],
    ["mono_training_docs", () => ({ training_set_id: documentId, vault_document_id: documentId })],
    ["mono_training_jobs", () => ({ org_id: owner.orgId, vault_document_id: documentId })],
    ["mono_training_chunks", () => ({ org_id: owner.orgId, content: "planted" })],
    ["vault_documents", () => {
      const id = crypto.randomUUID();
      const path = `${owner.orgId}/${id}/x.md`;
      return { id, org_id: owner.orgId, title: "x", storage_path: path, mime_type: "text/plain" };
    }],
  ])("inserts nothing into %s of another organisation", async (table, row) => {
    const before = await everything();

    const { status } = await rest(stranger, table, { method: "POST", body: row() });

    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(await everything()).toEqual(before);
  });

  test("cannot point a document at another one's object", async () => {
    const id = crypto.randomUUID();

    const { status } = await rest(stranger, "vault_documents", {
      method: "POST",
      body: {
        id,
        org_id: stranger.orgId,
        title: "x",
        storage_path: `${owner.orgId}/${documentId}/handbook.md`,
        mime_type: "text/markdown",
      },
    });

    expect(status).toBe(400);
  });

  test("searches another organisation in vain", async () => {
    const { status, body } = await rest(stranger, "rpc/search_knowledge", {
      method: "POST",
      body: { p_org_id: owner.orgId, p_query: "roof", p_mode: "text" },
    });

    expect(status).toBe(404);
    expect(body).toMatchObject({ code: "ORG_NOT_FOUND" });
  });
});

describe("an owner", () => {
  test.each([
    ["organization_members", () => ({ role: "viewer" })],
    ["mono_training_jobs", () => ({ status: "completed" })],
    ["mono_training_chunks", () => ({ content: "changed" })],
    ["vault_documents", () => ({ revision: 99 })],
    ["vault_documents", () => ({ chunk_generation: 1 })],
    ["vault_documents", () => ({ org_id: stranger.orgId })],
    ["mono_training_sets", () => ({ org_id: stranger.orgId })],
  ])("does not change what the machinery keeps in %s", async (table, change) => {
    const before = await everything();

    const { status } = await rest(owner, own(table), { method: "PATCH", body: change() });

    expect(status).toBe(403);
    expect(await everything()).toEqual(before);
  });
});

const jobFunctions = [
  ["enqueue_jobs", { p_jobs: [] }],
  ["claim_jobs", { p_worker_id: "thief" }],
  ["heartbeat_jobs", { p_worker_id: "thief", p_refs: [] }],
  ["fail_jobs", { p_refs: [] }],
  ["release_jobs", { p_worker_id: "thief" }],
  ["add_document_chunks", { p_job_id: "1", p_lease_token: crypto.randomUUID(), p_chunks: [] }],
  [
    "complete_document_job",
    { p_job_id: "1", p_lease_token: crypto.randomUUID(), p_revision: 1, p_chunk_count: 0 },
  ],
] as const;

describe.each(jobFunctions)("the function %s", (name, body) => {
  test("is refused to a user, to nobody, and by its private name", async () => {
    const options = { method: "POST", body };

    const answers = [
      await rest(owner, `rpc/${name}`, options),
      await rest(owner, `rpc/${name}`, { ...options, headers: nobody }),
      await rest(owner, `rpc/${name}`, { ...options, headers: { "content-profile": "private" } }),
    ];

    for (const { status } of answers) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    expect(answers[0]!.status).toBe(403);
    expect([401, 403]).toContain(answers[1]!.status);
  });
});

describe("the API", () => {
  test.each(["private", "auth", "storage", "vault", "cron", "net", "pg_catalog", "extensions"])(
    "does not reach schema %s",
    async (schema) => {
      for (const path of ["jobs", "users", "objects", "secrets", "job", "decrypted_secrets"]) {
        const { status, body } = await rest(owner, path, { headers: { "accept-profile": schema } });

        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        expect(body).not.toBeInstanceOf(Array);
      }
    },
  );
});
