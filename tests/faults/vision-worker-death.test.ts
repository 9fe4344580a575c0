import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addCrop, createDrawing, waitForCrop } from "../support/crops.ts";
import { embed } from "../support/embedding-server.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { flatePicture, makeScan } from "../support/scans.ts";
import { train, waitForJob } from "../support/training.ts";
import { addDocument, createUser, type User } from "../support/user.ts";
import {
  aReading,
  openAiAnswer,
  startVisionServer,
  type VisionCall,
  visionEnv,
  type VisionServer,
} from "../support/vision-server.ts";
import { holdCall, signalWorker } from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

let own: OwnStack;
let vision: VisionServer;
let user: User;
let drawing: { projectId: string; pageId: string };

beforeAll(async () => {
  vision = startVisionServer();
  own = await startOwnStack({
    cron: true,
    env: {
      JOB_LEASE_SECONDS: "2",
      JOB_TICK_SECONDS: "1",
      ...visionEnv(vision),
    },
  });
  user = await createUser(own.address);
  drawing = await createDrawing(user);
  await user.client.from("mono_training_sets")
    .insert({ org_id: user.orgId, name: "Vault", reads_scans: true }).throwOnError();
});
afterAll(async () => {
  await own?.[Symbol.asyncDispose]();
  vision?.[Symbol.dispose]();
});
afterEach(() => {
  vision.calls.length = 0;
  own.provider.answer = embed;
});

const pageOf = ({ body }: VisionCall) =>
  Number(body.input[0].content[0].text.match(/"page":(\d+)/)?.[1]);
const readCropAs = () => openAiAnswer(JSON.stringify(aReading));
const readPageAs = (call: VisionCall) =>
  openAiAnswer(JSON.stringify({ markdown: `Text of page ${pageOf(call)}.` }));

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
    killAtCall(1, { read: readPageAs, isAnswered });

    const documentId = await addScan();
    const done = await waitForJob(user, (await train(user, documentId)).id, "completed");

    expect(done).toMatchObject({ attempts: 2, error_message: null });
    expect(vision.calls.map(pageOf)).toEqual([1, 2, 2, 3]);
    await expectOneText(documentId);
  });

  test("once all are read, and not yet embedded, has none read again", async () => {
    vision.answer = readPageAs;
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
