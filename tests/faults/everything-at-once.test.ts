import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { embed } from "../support/embedding-server.ts";
import type { OwnStack } from "../support/own-stack.ts";
import { randomNumbers } from "../support/random-numbers.ts";
import { train } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, createUser, type User } from "../support/user.ts";
import {
  contentsOf,
  endPauses,
  limitAttempts,
  longText,
  repeat,
  startWorkerStack,
  storedContents,
} from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 120_000 });

const documentCount = 16;
const kills = 3;
// CHAOS_SEED repeats the provider's moods, if not the moments at which workers die.
const seed = Number(Deno.env.get("CHAOS_SEED") ?? Date.now() % 2 ** 31);
let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startWorkerStack(2);
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());

test("workers die, the provider fails, and every document is trained exactly once", async () => {
  console.log(`CHAOS_SEED=${seed}`);
  const random = randomNumbers(seed);
  own.provider.answer = (call) => {
    const mood = random();
    if (mood < 0.15) return new Response("busy", { status: 503 });
    if (mood < 0.25) return new Response("<html>", { headers: { "content-type": "text/html" } });
    return embed(call);
  };
  const paragraphs = longText.split("\n\n");
  const texts = Array.from(
    { length: documentCount },
    (_, index) => paragraphs.slice(index, index * 30 + 1).join("\n\n") || `Only ${index}.`,
  );
  const documentIds = await Promise.all(texts.map((text) => addDocument(user, text)));
  await Promise.all(documentIds.map((id) => train(user, id)));
  await limitAttempts(own, 100);

  using _ = repeat(() => endPauses(own), 200);
  for (let killed = 0; killed < kills;) {
    const asked = own.provider.calls.length;
    await until("a worker to be at work", () => own.provider.calls.length > asked + 2 * random());
    const pid = await own.stack.functions.pid("process-jobs");
    try {
      Deno.kill(pid, "SIGKILL");
      killed++;
    } catch { /* it has just ended by itself */ }
  }
  const jobs = await until("every job to end", async () => {
    const { data } = await user.client.from("mono_training_jobs").select("*");
    return data!.every(({ completed_at }) => completed_at !== null) && data;
  }, { seconds: 90 });

  expect(jobs.map(({ status }) => status)).toEqual(Array(documentCount).fill("completed"));
  for (const [index, documentId] of documentIds.entries()) {
    expect(await storedContents(own, documentId)).toEqual(contentsOf(texts[index]!));
  }
  const [left] = await own.stack.database.query(
    `select count(*)::integer as ended,
       count(*) filter (where outcome = 'completed')::integer as completed,
       (select count(*)::integer from private.jobs where kind = 'train_document') as open
     from private.job_history where kind = 'train_document'`,
  );
  expect(left).toEqual({ open: 0, ended: documentCount, completed: documentCount });
  // Otherwise nothing has gone wrong, and nothing is shown.
  expect(jobs.reduce((sum, { attempts }) => sum + attempts, 0)).toBeGreaterThan(documentCount);
});
