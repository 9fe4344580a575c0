import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { docxTable, linesFromTop, makeDocx, makePdf, utf8, zipOf } from "../support/documents.ts";
import { embed } from "../support/embedding-server.ts";
import type { OwnStack } from "../support/own-stack.ts";
import { getJob, train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, callFunction, createUser, type User } from "../support/user.ts";
import {
  contentsOf,
  holdCall,
  longText,
  startWorkerStack,
  storedContents,
  visibleContents,
} from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

const shorter = longText.split("\n\n").slice(0, 300).reverse().join("\n\n");
const passage = linesFromTop("One passage.");
let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startWorkerStack(6);
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());
afterEach(() => {
  own.provider.answer = embed;
});

function bytes(...values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values);
}

/** Waits until no worker holds or waits for anything. */
async function untilIdle(): Promise<void> {
  const open = () =>
    own.stack.database.query("select from private.jobs where kind = 'train_document'");
  await until("no job to be open", async () => (await open()).length === 0);
}

describe("a document that cannot be trained", () => {
  test.each([
    ["is empty", "", "text/markdown", /no text/],
    ["is white space", " \n\t\r\n ", "text/plain", /no text/],
    ["is a picture", bytes(0x89, 0x50, 0x4e, 0x47, 0x0d), "text/markdown", /is a picture/],
    ["has a NUL", "a\0b", "text/plain", /binary/],
    ["is not UTF-8", bytes(0xef, 0xbb, 0xbf, 0xff, 0x62), "text/plain", /UTF-8/],
    ["is half of UTF-16", bytes(0xff, 0xfe, 0x61), "text/plain", /UTF-8/],
    ["is half a PDF", "%PDF-1.7", "application/pdf", /PDF is damaged/],
    ["is a scan", makePdf([[]]), "application/pdf", /pictures of pages/],
    ["has a password", makePdf([passage], { isEncrypted: true }), "text/plain", /password/],
    ["is half a DOCX", makeDocx("<w:p"), "text/plain", /Word document is damaged/],
    ["unpacks to too much", makeDocx("<w:p>".repeat(4e6)), "text/plain", /larger unpacked/],
    ["is a workbook", zipOf({ "xl/workbook.xml": utf8("") }), "text/csv", /Excel workbook/],
    ["is larger than 10 MB", "x".repeat(10 * 1024 * 1024 + 1), "text/plain", /10 MB/],
  ])("because it %s fails at once, for a reason that a person understands", async (
    _,
    content,
    mimeType,
    reason,
  ) => {
    const documentId = await addDocument(user, content, { mimeType });
    const { id } = await train(user, documentId);

    const failed = await waitForJob(user, id, "failed");

    expect(failed.attempts).toBe(1);
    expect(failed.error_message).toMatch(reason);
    expect(await storedContents(own, documentId)).toEqual([]);
  });

  test("because its file is missing fails, and is trained when the file is there", async () => {
    const documentId = await addDocument(user, "One passage.");
    const path = `${user.orgId}/${documentId}/handbook.md`;
    await user.client.storage.from("documents").remove([path]);
    const { id } = await train(user, documentId);
    const failed = await waitForJob(user, id, "failed");

    await user.client.storage.from("documents").upload(path, new Blob(["One passage."]));
    await callFunction(`training-library/jobs/${id}/retry`, { user });
    await waitForJob(user, id, "completed");

    expect(failed).toMatchObject({ attempts: 1 });
    expect(failed.error_message).toMatch(/no file.*upload it/);
    expect(await visibleContents(user, documentId)).toEqual(["One passage."]);
  });
});

describe("a document of any format", () => {
  const columns = ["Grade", "Days"];
  const table = "| Grade | Days |\n| --- | --- |\n| Junior | 25 |";

  test.each([
    ["PDF", makePdf([[], linesFromTop("Junior: 25 days")]), "Junior: 25 days", { pages: [2] }],
    ["Word", makeDocx(docxTable([["Grade", "Days"], ["Junior", "25"]])), table, { columns }],
    [
      "HTML",
      "<!doctype html><table><tr><th>Grade<th>Days</tr><tr><td>Junior<td>25</tr></table>",
      table,
      { columns },
    ],
    ["CSV", "Grade,Days\nJunior,25\n", "- Grade: Junior; Days: 25", { columns }],
    ["Latin-1", bytes(0x4a, 0xfc, 0x6e, 0x69, 0x6f, 0x72), "Jünior", {}],
  ])("is searched by its words when it is %s", async (format, content, text, metadata) => {
    const mimeType = format === "CSV" ? "text/csv" : "application/octet-stream";
    const documentId = await addDocument(user, content, { mimeType });
    await waitForJob(user, (await train(user, documentId)).id, "completed");

    const { body } = await callFunction("search", {
      user,
      body: { query: text, mode: "text", vault_document_ids: [documentId] },
    });
    const { data } = await user.client.from("mono_training_chunks").select("content, metadata")
      .eq("vault_document_id", documentId);

    expect(body.matches).toMatchObject([{ content: text }]);
    expect(data).toEqual([{ content: expect.stringContaining(text), metadata }]);
  });

  test("is found by its page", async () => {
    const pages = ["first", "second", "third"].map((word) => linesFromTop(`The ${word} rule.`));
    const documentId = await addDocument(user, makePdf(pages), { mimeType: "application/pdf" });
    await waitForJob(user, (await train(user, documentId)).id, "completed");

    const find = async (page: number) => {
      const { body } = await callFunction("search", {
        user,
        body: {
          query: "rule",
          mode: "text",
          vault_document_ids: [documentId],
          metadata: { pages: [page] },
        },
      });
      return (body.matches as unknown[]).length;
    };

    expect([await find(3), await find(4)]).toEqual([1, 0]);
  });
});

describe("a document that changes while it is trained", () => {
  test("is trained again with the new text, and the stale result is dropped", async () => {
    const documentId = await addDocument(user, longText);
    const path = `${user.orgId}/${documentId}/handbook.md`;
    const gate = holdCall(own, 1);
    const job = await train(user, documentId);
    await gate.reached;

    await user.client.storage.from("documents").upload(path, new Blob([shorter]), { upsert: true });
    await user.client.from("vault_documents").update({ title: "Second edition" })
      .eq("id", documentId);
    gate.open();
    const done = await waitForJob(user, job.id, "completed");

    expect(done.error_message).toBeNull();
    expect(await storedContents(own, documentId)).toEqual(contentsOf(shorter));
    expect(await visibleContents(user, documentId)).toEqual(contentsOf(shorter));
  });

  test("is followed to another file", async () => {
    const documentId = await addDocument(user, longText);
    const path = `${user.orgId}/${documentId}/second.md`;
    const gate = holdCall(own, 1);
    const job = await train(user, documentId);
    await gate.reached;

    await user.client.storage.from("documents").upload(path, new Blob([shorter]));
    await user.client.from("vault_documents").update({ storage_path: path }).eq("id", documentId);
    gate.open();
    await waitForJob(user, job.id, "completed");

    expect(await visibleContents(user, documentId)).toEqual(contentsOf(shorter));
  });

  test("keeps its old text searchable until the new one is whole", async () => {
    const documentId = await addDocument(user, "The old passage.");
    await waitForJob(user, (await train(user, documentId)).id, "completed");
    const path = `${user.orgId}/${documentId}/handbook.md`;
    await user.client.storage.from("documents").upload(path, new Blob([longText]), {
      upsert: true,
    });
    await user.client.from("vault_documents").update({ title: "New" }).eq("id", documentId);
    const gate = holdCall(own, 1);
    const job = await train(user, documentId);
    await gate.reached;

    const during = await visibleContents(user, documentId);
    gate.open();
    await waitForJob(user, job.id, "completed");

    expect(during).toEqual(["The old passage."]);
    expect(await storedContents(own, documentId)).toEqual(contentsOf(longText));
  });

  test("has only what changed embedded again", async () => {
    const sections = Array.from(
      { length: 60 },
      (_, index) => `# Section ${index}\n\nSection ${index} says ${index * 7919}.`,
    );
    const documentId = await addDocument(user, sections.join("\n\n"));
    await waitForJob(user, (await train(user, documentId)).id, "completed");
    const path = `${user.orgId}/${documentId}/handbook.md`;
    const edited = sections.with(20, "# Section 20\n\nSection 20 says something else.").join(
      "\n\n",
    );
    await user.client.storage.from("documents").upload(path, new Blob([edited]), { upsert: true });
    await user.client.from("vault_documents").update({ storage_path: path }).eq("id", documentId);
    own.provider.calls.length = 0;

    await waitForJob(user, (await train(user, documentId)).id, "completed");

    const embedded = own.provider.calls.flatMap(({ texts }) => texts);
    expect(embedded).toHaveLength(1);
    expect(embedded[0]).toContain("something else");
    expect(await storedContents(own, documentId)).toEqual(contentsOf(edited));
    const wrong = await own.stack.database.query(
      `select from public.mono_training_chunks as chunk
       where vault_document_id = $1 and embedding is null`,
      [documentId],
    );
    expect(wrong).toEqual([]);
  });

  test("leaves nothing behind when it is deleted", async () => {
    const documentId = await addDocument(user, longText);
    const gate = holdCall(own, 1);
    const job = await train(user, documentId);
    await gate.reached;

    const { error } = await user.client.from("vault_documents").delete().eq("id", documentId);
    gate.open();
    await untilIdle();

    expect(error).toBeNull();
    expect(await storedContents(own, documentId)).toEqual([]);
    await expect(getJob(user, job.id)).rejects.toThrow();
  });
});

describe("a training that is cancelled while it runs", () => {
  test("stores nothing, stops asking the provider, and can be followed by another", async () => {
    const documentId = await addDocument(user, longText);
    const gate = holdCall(own, 1);
    const job = await train(user, documentId);
    const call = await gate.reached;

    const answer = await callFunction(`training-library/jobs/${job.id}/cancel`, { user });
    const left = await storedContents(own, documentId);
    await until("the call to be given up", () => call.signal.aborted);
    gate.open();
    await untilIdle();
    const after = await storedContents(own, documentId);
    const cancelled = await getJob(user, job.id);
    const next = await train(user, documentId);
    await waitForJob(user, next.id, "completed");

    expect(answer.body.job).toMatchObject({ status: "cancelled" });
    expect([left, after]).toEqual([[], []]);
    expect(cancelled.status).toBe("cancelled");
    expect(await storedContents(own, documentId)).toEqual(contentsOf(longText));
  });
});
