import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../support/test-database.ts";
import { createCast } from "./support/cast.ts";
import { createPage, createPointer, createProject } from "./support/drawings.ts";
import { createDocument } from "./support/training.ts";

const db = await createTestDatabase();
afterAll(() => db[Symbol.asyncDispose]());
const cast = await createCast(db);
beforeEach(() => db.query("delete from private.storage_outbox"));

/** An object, as if it had been uploaded an hour ago. */
async function createObject(bucket: string, path: string): Promise<void> {
  await db.query(
    `insert into storage.objects (bucket_id, name, created_at, updated_at)
     values ($1, $2, now() - interval '1 hour', now() - interval '1 hour')`,
    [bucket, path],
  );
}

async function addDocument(orgId = cast.orgId): Promise<{ id: string; path: string }> {
  const id = await createDocument(db, orgId);
  const path = `${orgId}/${id}/handbook.md`;
  await createObject("documents", path);
  return { id, path };
}

async function addCrops(count: number): Promise<{ projectId: string; paths: string[] }> {
  const projectId = await createProject(db, cast.editor, cast.orgId);
  const pageId = await createPage(db, cast.editor, projectId);
  const paths = [];
  for (let index = 0; index < count; index++) {
    const id = await createPointer(db, cast.editor, pageId);
    paths.push(`${cast.orgId}/${projectId}/${id}.png`);
    await createObject("pointer-crops", paths[index]!);
  }
  return { projectId, paths: paths.sort() };
}

async function list(bucket: string, path: string): Promise<void> {
  await db.query("insert into private.storage_outbox (bucket, path) values ($1, $2)", [
    bucket,
    path,
  ]);
}

async function listed(): Promise<string[]> {
  const rows = await db.query<{ path: string }>(
    "select path from private.storage_outbox order by path",
  );
  return rows.map(({ path }) => path);
}

/** What a sweeper is given to delete. */
async function given(): Promise<string[]> {
  const rows = await db.as(
    "service_role",
    (client) => client.query<{ path: string }>("select path from public.list_due_objects(100)"),
  );
  return rows.map(({ path }) => path);
}

describe("the sweeper's list", () => {
  test("has the objects of the crops that went with their project, and nobody else's", async () => {
    const { projectId, paths } = await addCrops(3);
    await addCrops(1);

    await db.as(
      cast.admin,
      (client) => client.query("delete from public.projects where id = $1", [projectId]),
    );

    expect(await listed()).toEqual(paths);
  });

  test("has nothing of a row that never had an object", async () => {
    const id = await createDocument(db, cast.orgId);

    await db.query("delete from public.vault_documents where id = $1", [id]);

    expect(await listed()).toEqual([]);
  });

  test("has each object of a deleted organisation once", async () => {
    const { orgId, owner } = await createCast(db);
    const named = await addDocument(orgId);
    const renamed = await addDocument(orgId);
    await db.query("update public.vault_documents set storage_path = $2 where id = $1", [
      renamed.id,
      renamed.path.replace("handbook", "second"),
    ]);

    await db.as(
      owner,
      (client) => client.query("delete from public.organizations where id = $1", [orgId]),
    );

    expect(await listed()).toEqual([named.path, renamed.path].sort());
  });

  test("loses what a row names again", async () => {
    const { id, path } = await addDocument();
    await db.query("delete from public.vault_documents where id = $1", [id]);
    const before = await listed();

    await db.as(cast.editor, (client) =>
      client.query(
        `insert into public.vault_documents (id, org_id, title, storage_path, mime_type)
         values ($1, $2, 'Again', $3, 'text/markdown')`,
        [id, cast.orgId, path],
      ));

    expect([before, await listed()]).toEqual([[path], []]);
  });
});

describe("a sweeper", () => {
  test("is not given what a row names, though it was listed; that leaves the list", async () => {
    const { path } = await addDocument();
    const { paths: [crop] } = await addCrops(1);
    await list("documents", path);
    await list("pointer-crops", crop!);

    expect([await given(), await listed()]).toEqual([[], []]);
  });

  test("is not given what was written after it was listed", async () => {
    const { id, path } = await addDocument();
    await db.query("delete from public.vault_documents where id = $1", [id]);
    await db.query("update storage.objects set updated_at = now() where name = $1", [path]);

    expect([await given(), await listed()]).toEqual([[], []]);
  });

  test("is given what was written in a deleted organisation, since no row can name it", async () => {
    const { orgId } = await createCast(db);
    const { path } = await addDocument(orgId);
    await db.query("delete from public.organizations where id = $1", [orgId]);
    await db.query("update storage.objects set updated_at = now() where name = $1", [path]);

    expect(await given()).toEqual([path]);
  });

  test("is given what is named after no row at all", async () => {
    await list("documents", "odd");
    await list("pointer-crops", `${cast.orgId}/odd.png`);

    expect((await given()).sort()).toEqual([`${cast.orgId}/odd.png`, "odd"].sort());
  });
});
