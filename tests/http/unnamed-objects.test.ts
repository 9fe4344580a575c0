import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { auditInstallation } from "../../scripts/audit/audit-installation.ts";
import { callWorker } from "../support/call-worker.ts";
import { aCrop, addCrop, createDrawing } from "../support/crops.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { enqueueSweep } from "../support/storage-faults.ts";
import { addDocument, adminOf, createMember, createUser, type User } from "../support/user.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let own: OwnStack;
let admin: User;
let viewer: User;

beforeAll(async () => {
  own = await startOwnStack({ cron: false, ownDatabase: true });
  const owner = await createUser(own.address);
  admin = await createMember(owner, "admin");
  viewer = await createMember(owner, "viewer");
});
afterAll(() => own?.[Symbol.asyncDispose]());

const bytes = (text: string) => new TextEncoder().encode(text);
const pathOf = (id: string, filename = "handbook.md") => `${admin.orgId}/${id}/${filename}`;

async function upload(path: string, text: string): Promise<void> {
  const { error } = await admin.client.storage.from("documents")
    .upload(path, bytes(text), { contentType: "text/markdown", upsert: true });
  if (error) throw error;
}

/** Says again that there is a document. */
async function addRow(id: string): Promise<void> {
  await admin.client.from("vault_documents").insert({
    id,
    org_id: admin.orgId,
    title: "Handbook",
    storage_path: pathOf(id),
    mime_type: "text/markdown",
  }).throwOnError();
}

async function deleteRow(table: "vault_documents" | "pointers" | "pages" | "projects", id: string) {
  await admin.client.from(table).delete().eq("id", id).throwOnError();
}

async function sweep(): Promise<void> {
  await enqueueSweep(own.stack);
  await callWorker(own.address, { kinds: ["sweep_storage"] });
}

/** What a viewer downloads from there, or nothing. */
async function read(bucket: string, path: string): Promise<Blob | null> {
  return (await viewer.client.storage.from(bucket).download(path)).data;
}

async function readText(path: string): Promise<string | undefined> {
  return await (await read("documents", path))?.text();
}

async function listObjects(): Promise<string[]> {
  const rows = await own.stack.database.query<{ name: string }>(
    "select name from storage.objects where name like $1 || '/%' order by name",
    [admin.orgId],
  );
  return rows.map(({ name }) => name);
}

/** The checks of the audit that find something, without any grace. */
async function audit(): Promise<string[]> {
  const checks = await auditInstallation(adminOf(own.address), {
    contents: false,
    graceMinutes: 0,
    pauseMs: 0,
  });
  return checks.filter(({ difference_count }) => difference_count > 0).map(({ check }) => check);
}

describe("after the sweep", () => {
  test("a deleted document has left no object, and the audit finds none", async () => {
    const [gone, kept] = [await addDocument(admin, "gone"), await addDocument(admin, "kept")];

    await deleteRow("vault_documents", gone);
    const between = await audit();
    await sweep();

    expect([between, await audit()]).toEqual([[], []]);
    expect(await readText(pathOf(gone))).toBeUndefined();
    expect(await readText(pathOf(kept))).toBe("kept");
  });

  test("a document with another file has that one alone", async () => {
    const id = await addDocument(admin, "the first");
    await upload(pathOf(id, "second.md"), "the second");

    await admin.client.from("vault_documents").update({ storage_path: pathOf(id, "second.md") })
      .eq("id", id).throwOnError();
    await sweep();

    expect(await readText(pathOf(id))).toBeUndefined();
    expect(await readText(pathOf(id, "second.md"))).toBe("the second");
    expect(await audit()).toEqual([]);
  });

  test.each(["pointers", "pages", "projects"] as const)(
    "what hung on a row of %s has left no crop",
    async (table) => {
      const drawing = await createDrawing(admin);
      const crops = [await addCrop(admin, drawing), await addCrop(admin, drawing)];
      const pathsOf = (id: string) => `${admin.orgId}/${drawing.projectId}/${id}.png`;
      const id = { pointers: crops[0]!, pages: drawing.pageId, projects: drawing.projectId }[table];

      await deleteRow(table, id);
      await sweep();

      expect(await read("pointer-crops", pathsOf(crops[0]!))).toBeNull();
      const left = (await listObjects()).filter((name) => name.includes(drawing.projectId));
      expect(left).toEqual(table === "pointers" ? [pathsOf(crops[1]!)] : []);
      expect(await audit()).toEqual([]);
    },
  );

  test("a document that came back at the same path has its object", async () => {
    const id = await addDocument(admin, "before");
    await deleteRow("vault_documents", id);
    await upload(pathOf(id), "after");
    await addRow(id);

    await sweep();

    expect(await readText(pathOf(id))).toBe("after");
    expect(await audit()).toEqual([]);
  });

  test("a crop that came back at the same path has its object", async () => {
    const drawing = await createDrawing(admin);
    const id = await addCrop(admin, drawing);
    const png_path = `${admin.orgId}/${drawing.projectId}/${id}.png`;
    await deleteRow("pointers", id);
    await admin.client.from("pointers")
      .insert({ id, page_id: drawing.pageId, title: "Again", png_path }).throwOnError();

    await sweep();

    expect((await read("pointer-crops", png_path))?.size).toBe(aCrop().length);
    expect(await audit()).toEqual([]);
  });

  test("a document that went back to its former file has it", async () => {
    const id = await addDocument(admin, "the first");
    await upload(pathOf(id, "second.md"), "the second");
    for (const filename of ["second.md", "handbook.md"]) {
      await admin.client.from("vault_documents").update({ storage_path: pathOf(id, filename) })
        .eq("id", id).throwOnError();
    }

    await sweep();

    expect(await readText(pathOf(id))).toBe("the first");
    expect(await readText(pathOf(id, "second.md"))).toBeUndefined();
  });

  test("an upload whose row is yet to come is there", async () => {
    const id = await addDocument(admin, "before");
    await deleteRow("vault_documents", id);
    await upload(pathOf(id), "after");

    await sweep();
    const swept = await readText(pathOf(id));
    await addRow(id);
    await sweep();

    expect([swept, await readText(pathOf(id))]).toEqual(["after", "after"]);
  });
});
