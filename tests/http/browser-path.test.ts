import { createClient } from "@supabase/supabase-js";
import { expect, inject, test } from "vitest";
import type { Database } from "../../shared/database.types.ts";
import { until } from "../support/until.ts";

const question = "How much time off do people get?";

test("a browser signs up, uploads, trains and searches with supabase-js alone", async () => {
  const { url, publishableKey } = inject("stack");
  const supabase = createClient<Database>(url, publishableKey, { auth: { persistSession: false } });

  await supabase.auth.signUp({
    email: `${crypto.randomUUID()}@example.test`,
    password: "correct horse battery",
  }).then(({ error }) => expect(error).toBeNull());
  const organization = await supabase.rpc("create_organization", { name: "Initech" });
  const orgId = organization.data!.id;
  const id = crypto.randomUUID();
  const path = `${orgId}/${id}/leave.md`;
  const file = new File(["# Leave\n\nThirty days of holiday a year, for everybody."], "Leave.md", {
    type: "text/markdown",
  });

  const upload = await supabase.storage.from("documents").upload(path, file);
  const row = await supabase.from("vault_documents")
    .insert({ id, org_id: orgId, title: "Leave", storage_path: path, mime_type: file.type });
  const queued = await supabase.functions.invoke("training-library/train-for-doc", {
    body: { vaultDocumentId: id },
  });
  await until("the training to complete", async () => {
    const { data } = await supabase.functions.invoke("training-library/jobs?status=completed", {
      method: "GET",
    });
    return data?.jobs.length === 1;
  });
  const found = await supabase.functions.invoke("search", { body: { query: question } });

  expect([upload.error, row.error, queued.error, found.error]).toEqual([null, null, null, null]);
  expect(found.data.matches[0]).toMatchObject({ document_id: id, title: "Leave" });
  expect(found.data.context).toContain("[1] Leave");
  expect(found.data.context).toContain("Thirty days of holiday");
});
