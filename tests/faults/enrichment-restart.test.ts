import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { addCrop, createDrawing, readCrop, waitForCrop } from "../support/crops.ts";
import { until } from "../support/until.ts";
import { aReading, openAiAnswer } from "../support/vision-server.ts";
import { startVisionStack, type VisionStack } from "../support/vision-stack.ts";
import { signalWorker } from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 90_000 });

let own: VisionStack;

beforeAll(async () => {
  own = await startVisionStack({ leaseSeconds: 3 });
});
afterAll(() => own?.[Symbol.asyncDispose]());

test("workers that are killed while they read leave every crop read once", async () => {
  const { user, vision } = own;
  const drawing = await createDrawing(user);
  let answered = 0;
  vision.answer = async ({ body }) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const description = JSON.parse(body.input[0].content[0].text.split("\n")[1]!).region;
    return openAiAnswer(
      JSON.stringify({ ...aReading, description: `${description} ${++answered}` }),
    );
  };
  const ids = [];
  for (let made = 0; made < 12; made++) {
    ids.push(await addCrop(user, drawing, { title: `Crop ${made}` }));
  }

  let killed = 0;
  for (const share of [2, 6]) {
    await until(`${share} readings`, () => answered >= share);
    await signalWorker(own, "SIGKILL");
    killed++;
  }
  await Promise.all(ids.map((id) => waitForCrop(user, id, 60)));

  expect(killed).toBe(2);
  for (const [index, id] of ids.entries()) {
    const crop = await readCrop(user, id);
    expect(crop).toMatchObject({ enrichment_status: "complete", error_message: null });
    expect(crop.description).toMatch(new RegExp(`^Crop ${index} \\d+$`));
  }
  const applied = await own.stack.database.query<{ completions: number }>(
    `select count(*)::integer as completions from private.job_history
     where kind = 'enrich_pointer' and outcome = 'completed' group by dedupe_key`,
  );
  expect(applied.map(({ completions }) => completions)).toEqual(Array(12).fill(1));
});
