import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addCrop, createDrawing, waitForCrop } from "../support/crops.ts";
import { embed } from "../support/embedding-server.ts";
import { pageOf, readScans, transcribe } from "../support/page-readings.ts";
import { flatePicture, makeScan } from "../support/scans.ts";
import { train, waitForJob } from "../support/training.ts";
import { addDocument, type User } from "../support/user.ts";
import {
  aReading,
  openAiAnswer,
  type VisionCall,
  type VisionServer,
} from "../support/vision-server.ts";
import { startVisionStack, type VisionStack } from "../support/vision-stack.ts";
import { holdCall, signalWorker } from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: VisionStack;
let vision: VisionServer;
let user: User;
let drawing: { projectId: string; pageId: string };

beforeAll(async () => {
  own = await startVisionStack({ leaseSeconds: 4 });
  ({ vision, user } = own);
  drawing = await createDrawing(user);
  await readScans(user, "Vault");
});
afterAll(() => own?.[Symbol.asyncDispose]());
afterEach(() => {
  vision.calls.length = 0;
  own.provider.answer = embed;
});

const readCropAs = () => openAiAnswer(JSON.stringify(aReading));

/** Answers so many calls as `read` does, and kills the worker before it answers, or hears, the next. */
function killAtCall(
  calls: number,
  { read, isAnswered }: { read: (call: VisionCall) => Response; isAnswered: boolean },
): void {
  let answered = 0;
  vision.answer = async (call) => {
    if (answered++ !== calls) return read(call);
    const pid = await own.stack.functions.pid("process-jobs");
    if (isAnswered) queueMicrotask(() => Deno.kill(pid, "SIGKILL"));
    else Deno.kill(pid, "SIGKILL");
    return read(call);
  };
}

/** What was paid for at the provider of vision, for something. */
const readingsPaid = (subjectId: string) =>
  own.stack.database.query(
    `select is_wasted from public.usage_events
     where subject_id = $1 and model = 'scripted-vision' order by id`,
    [subjectId],
  );

/** How the jobs of something have ended. */
async function endsOf(key: string): Promise<unknown[]> {
  const rows = await own.stack.database.query(
    "select outcome from private.job_history where dedupe_key = $1",
    [key],
  );
  return rows.map(({ outcome }) => outcome);
}

describe("a worker that is killed while it reads a crop", () => {
  test.each([
    ["before the provider has answered", false],
    ["while the answer is on its way", true],
  ])("%s leaves one reading, by another", async (_, isAnswered) => {
    killAtCall(0, { read: readCropAs, isAnswered });

    const id = await addCrop(user, drawing);
    const crop = await waitForCrop(user, id);

    expect(crop).toMatchObject({
      enrichment_status: "complete",
      description: aReading.description,
      attempts: 2,
    });
    expect(vision.calls).toHaveLength(2);
    expect(await readingsPaid(id)).toEqual([{ is_wasted: false }]);
    expect(await endsOf(id)).toEqual(["completed"]);
  });

  test("once it is read, and not yet embedded, does not have it read again", async () => {
    vision.answer = readCropAs;
    const gate = holdCall(own, 0);
    const id = await addCrop(user, drawing);
    await gate.reached;

    await signalWorker(own, "SIGKILL");
    gate.open();

    expect(await waitForCrop(user, id)).toMatchObject({
      enrichment_status: "complete",
      embedding_model: "scripted",
      attempts: 2,
    });
    expect(vision.calls).toHaveLength(1);
    expect(await readingsPaid(id)).toEqual([{ is_wasted: false }]);
    expect(await endsOf(id)).toEqual(["completed"]);
  });
});

describe("a worker that is killed while it reads scanned pages", () => {
  const page = { pictures: [flatePicture(200, 280, new Uint8Array(56_000).fill(255))] };
  const scan = makeScan([page, page, page]);
  const addScan = () => addDocument(user, scan, { mimeType: "application/pdf" });

  async function expectOneText(documentId: string): Promise<void> {
    const { data } = await user.client.from("mono_training_chunks").select("content")
      .eq("vault_document_id", documentId).order("ordinal").throwOnError();
    expect(data.map(({ content }) => content).join("\n\n"))
      .toBe("Text of page 1.\n\nText of page 2.\n\nText of page 3.");
    expect(await endsOf(documentId)).toEqual(["completed"]);
  }

  test.each([
    ["before its second page is answered", false],
    ["while the answer of its second page is on its way", true],
  ])("%s has no other page read again", async (_, isAnswered) => {
    killAtCall(1, { read: transcribe, isAnswered });

    const documentId = await addScan();
    const done = await waitForJob(user, (await train(user, documentId)).id, "completed");

    expect(done).toMatchObject({ attempts: 2, error_message: null });
    expect(vision.calls.map(pageOf)).toEqual([1, 2, 2, 3]);
    await expectOneText(documentId);
  });

  test("once all are read, and not yet embedded, has none read again", async () => {
    vision.answer = transcribe;
    const gate = holdCall(own, 0);
    const documentId = await addScan();
    const { id } = await train(user, documentId);
    await gate.reached;

    await signalWorker(own, "SIGKILL");
    gate.open();

    expect(await waitForJob(user, id, "completed")).toMatchObject({ attempts: 2 });
    expect(vision.calls.map(pageOf)).toEqual([1, 2, 3]);
    expect(await readingsPaid(documentId)).toEqual([{ is_wasted: false }]);
    await expectOneText(documentId);
  });
});
