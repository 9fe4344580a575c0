import { beforeAll, describe, expect, test, vi } from "vitest";
import { linesFromTop } from "../support/documents.ts";
import { makeJpeg } from "../support/jpeg.ts";
import { flatePicture, makeScan, type PdfPicture, scanOf } from "../support/scans.ts";
import { train, waitForJob } from "../support/training.ts";
import { addDocument, adminOf, callFunction, createUser, type User } from "../support/user.ts";

vi.setConfig({ testTimeout: 120_000 });

let owner: User;
let pdf: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  owner = await createUser();
  pdf = makeScan([
    { texts: linesFromTop("Minutes of the building committee, held in the town hall.") },
    {
      pictures: [
        await scanOf(
          "The boiler in the basement is replaced",
          "before the heating season by the firm",
          "that services the lift. The committee",
          "approves an expense of 48,200 francs.",
        ),
      ],
    },
  ]);
});

/** Puts a document into a set of its own that reads scans, or not. */
async function addToSet(reads_scans: boolean, bytes = pdf): Promise<string> {
  const { client, orgId } = owner;
  const id = await addDocument(owner, bytes, { title: "Minutes", mimeType: "application/pdf" });
  const { data: set } = await client.from("mono_training_sets")
    .insert({ org_id: orgId, name: crypto.randomUUID(), reads_scans }).select("id").single()
    .throwOnError();
  // The generated type asks for org_id, which users may not write.
  const row = { training_set_id: set.id, vault_document_id: id } as never;
  await client.from("mono_training_docs").insert(row).throwOnError();
  return id;
}

async function search(query: string) {
  const { status, body } = await callFunction("search", {
    user: owner,
    body: { query, mode: "text" },
  });
  expect(status).toBe(200);
  return body.matches as { document_id: string; content: string; metadata: unknown }[];
}

describe("a scanned page", () => {
  test("is found by its words, with its number, when a set of its document reads scans", async () => {
    const id = await addToSet(true);

    await waitForJob(owner, (await train(owner, id)).id, "completed", { seconds: 100 });

    const [match] = await search("boiler heating expense");
    expect(match).toMatchObject({ document_id: id });
    expect(match!.content).toContain("48,200 francs");
    const { data: chunks } = await owner.client.from("mono_training_chunks")
      .select("content, metadata").eq("vault_document_id", id).contains("metadata", { pages: [2] })
      .throwOnError();
    expect(chunks.some(({ content }) => content.includes("boiler"))).toBe(true);
    expect((await search("town hall"))[0]).toMatchObject({ document_id: id });
  });

  test("keeps its document from being trained where none does, and says what to do", async () => {
    const id = await addToSet(false);

    const { error_message } = await waitForJob(owner, (await train(owner, id)).id, "failed");

    expect(error_message).toBe(
      "Page 2 of the PDF: a picture without text. Let a training set that holds the document " +
        "read scans (reads_scans) and retry, or run text recognition (OCR) on the PDF and upload the result.",
    );
  });

  test.each([
    ["declares 100,000 by 100,000 pixels", flatePicture(100_000, 100_000, new Uint8Array(9))],
    ["unpacks to 100 MB", flatePicture(64, 64, new Uint8Array(100 * 1024 * 1024))],
    [
      "is a JPEG of 65,500 by 65,500 pixels that the PDF calls small",
      jpeg(makeJpeg(8, 8, () => 0, { declared: { width: 65_500, height: 65_500 } })),
    ],
    ["is a JPEG with 1,000 passes", jpeg(makeJpeg(8, 8, () => 0, { passes: 1000 }))],
    ["is a JPEG that is cut off", jpeg(makeJpeg(8, 8, () => 0).subarray(0, 100))],
    ["is no JPEG", jpeg(new Uint8Array(400).fill(0x41))],
    ["is coded as JPEG 2000", jpeg(new Uint8Array(400), "JPXDecode")],
  ])("that %s has failed for good, with a code and a reason", async (_, picture) => {
    const id = await addToSet(true, makeScan([{ pictures: [picture] }]));

    const job = await waitForJob(owner, (await train(owner, id)).id, "failed");

    expect(job.attempts).toBe(1);
    expect(job.error_message).toMatch(/picture of page 1 of the PDF|far larger unpacked/);
    const { data } = await adminOf(owner.stack).from("job_dead").select("code")
      .eq("dedupe_key", id).single().throwOnError();
    expect(data.code).toMatch(/^DOCUMENT_(SCANNED|TOO_LARGE)$/);
  });
});

function jpeg(body: Uint8Array, filter = "DCTDecode"): PdfPicture {
  return {
    dictionary: "/Width 640 /Height 640 /ColorSpace /DeviceGray /BitsPerComponent 8" +
      ` /Filter /${filter}`,
    body,
  };
}
