import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { EmbeddingCall } from "../support/embedding-server.ts";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import { trainToEnd } from "../support/training.ts";
import { until } from "../support/until.ts";
import { setQuota } from "../support/set-quota.ts";
import { addDocument, adminOf, callFunction, createUser, type User } from "../support/user.ts";
import { repeat, signalWorker } from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const subjectsPerDocument = 60;
const documentCount = 4;
/** Model a has the first half of the dimensions, model b the other: across them similarity is 0. */
const firstDimension: Record<string, number> = { "model-a": 0, "model-b": 512 };

let own: OwnStack;
let user: User;
let documents: string[];
/** Milliseconds that the provider takes for passages. */
let delay = 0;

beforeAll(async () => {
  own = await startOwnStack({
    cron: true,
    ownDatabase: true,
    env: { EMBEDDING_MODEL: "model-a", JOB_LEASE_SECONDS: "4", JOB_TICK_SECONDS: "1" },
  });
  own.provider.answer = answer;
  user = await createUser(own.address);
  // Its askers ask without a pause.
  await setQuota(user, "searches_per_minute", null);
  documents = [];
  for (let at = 0; at < documentCount; at++) {
    documents.push(await addDocument(user, textOf(at, 1), { title: "Manual" }));
    await trainToEnd(user, documents[at]!);
  }
});
afterAll(() => own?.[Symbol.asyncDispose]());
afterEach(() => {
  delay = 0;
});

/** One passage for each subject, which says which version of the document it is from. */
function textOf(document: number, version: number): string {
  return Array.from({ length: subjectsPerDocument }, (_, at) => {
    const subject = document * subjectsPerDocument + at;
    return `# Subject${subject}x\n\nThis is all of subject${subject}x, version ${version}.`;
  }).join("\n\n");
}

/** A text's vector is the direction of its subject, in the model's half. */
async function answer({ texts, model }: EmbeddingCall): Promise<Response> {
  if (texts.length > 1) await new Promise((resolve) => setTimeout(resolve, delay));
  const data = texts.map((text, index) => {
    const embedding = Array<number>(1024).fill(0);
    const subject = /subject(\d+)x/i.exec(text)![1];
    embedding[firstDimension[model]! + Number(subject)] = 1;
    return { object: "embedding", index, embedding };
  });
  return Response.json({ object: "list", model, data, usage: { prompt_tokens: texts.length } });
}

interface Finding {
  mode: string;
  status: number;
  count: number;
  subject: string;
  best: string;
  similarity: number;
}

/** What is wrong with an answer; null when it is what it was before the switch. */
function wrong({ status, count, subject, best, similarity }: Finding): string | null {
  if (status !== 200) return `status ${status}`;
  if (count !== 8) return `${count} matches`;
  if (!best.includes(`${subject},`)) return `${best} for ${subject}`;
  return Math.abs(similarity - 1) < 0.01 ? null : `similarity ${similarity}`;
}

async function ask(at: number): Promise<Finding> {
  const mode = at % 3 === 0 ? "hybrid" : "vector";
  const subject = `subject${(at * 37) % (documentCount * subjectsPerDocument)}x`;
  const { status, body } = await callFunction("search", {
    user,
    body: { query: `What is ${subject}?`, mode },
  });
  const matches = body.matches as { content: string; similarity: number }[] | undefined;
  return {
    mode,
    status,
    subject,
    count: matches?.length ?? 0,
    best: matches?.[0]?.content ?? JSON.stringify(body),
    similarity: matches?.[0]?.similarity ?? 0,
  };
}

/** Asks without a pause, several at a time, until `isOver`, and notes all that was found. */
async function askUntil(isOver: () => boolean, findings: Finding[]): Promise<void> {
  await Promise.all([0, 1, 2, 3].map(async (asker) => {
    for (let round = 0; !isOver(); round++) findings.push(await ask(round * 4 + asker));
  }));
}

async function switchTo(model: string): Promise<void> {
  const { error } = await adminOf(own.address).rpc("switch_embedding_model", { p_model: model });
  if (error) throw new Error("not switched", { cause: error });
}

async function modelNow(): Promise<string | null> {
  const { data } = await user.client.from("organizations").select("embedding_model").single();
  return data?.embedding_model ?? null;
}

const waitForModel = (model: string) =>
  until(`the switch to ${model}`, async () => await modelNow() === model, { seconds: 120 });

/** Replaces the document's text and trains it, as a browser does. */
async function retrain(at: number, version: number): Promise<void> {
  const id = documents[at]!;
  const path = `${user.orgId}/${id}/handbook.md`;
  const bytes = new TextEncoder().encode(textOf(at, version));
  const upload = await user.client.storage.from("documents").upload(path, bytes, {
    upsert: true,
    contentType: "text/markdown",
  });
  if (upload.error) throw upload.error;
  await user.client.from("vault_documents").update({ title: "Manual" }).eq("id", id);
  await trainToEnd(user, id);
}

async function storedModels(): Promise<string[]> {
  const rows = await own.stack.database.query<{ embedding_model: string }>(
    "select distinct embedding_model from public.mono_training_chunks order by 1",
  );
  return rows.map(({ embedding_model }) => embedding_model);
}

describe("a switch of the embedding model", () => {
  test("is not seen by any of many searches, but for the model that they are embedded with", async () => {
    delay = 150;
    let isOver = false;
    const findings: Finding[] = [];
    const askers = askUntil(() => isOver, findings);

    do {
      await switchTo("model-b");
      await waitForModel("model-b");
      await switchTo("model-a");
      await waitForModel("model-a");
    } while (findings.length < 40);
    isOver = true;
    await askers;

    expect(findings.map(wrong).filter(Boolean)).toEqual([]);
    const questions = own.provider.calls.filter(({ texts }) => texts[0]!.startsWith("What is"));
    expect(new Set(questions.map(({ model }) => model))).toEqual(new Set(["model-a", "model-b"]));
    expect(await storedModels()).toEqual(["model-a"]);
  });

  test("survives trainings, and workers that are killed", async () => {
    delay = 150;
    let isOver = false;
    let kills = 0;
    const findings: Finding[] = [];
    const askers = askUntil(() => isOver, findings);

    await switchTo("model-b");
    {
      // Not more often than a job has attempts.
      using _ = repeat(async () => {
        if (kills >= 3) return;
        await signalWorker(own, "SIGKILL");
        kills++;
      }, 1_500);
      await retrain(0, 2);
      await retrain(3, 2);
      await waitForModel("model-b");
      await until("three kills", () => kills === 3);
    }
    await retrain(1, 2);
    await until("as many searches", () => findings.length > 30);
    isOver = true;
    await askers;

    expect(findings.map(wrong).filter(Boolean)).toEqual([]);
    expect(await storedModels()).toEqual(["model-b"]);
    const versions = await Promise.all([0, 1, 2, 3].map(async (at) => {
      const { body } = await callFunction("search", {
        user,
        body: { query: `What is subject${at * subjectsPerDocument}x?`, mode: "vector" },
      });
      return /version (\d)/.exec((body.matches as { content: string }[])[0]!.content)![1];
    }));
    expect(versions).toEqual(["2", "2", "1", "2"]);
  });

  test("stays visible and harmless when the next model takes no calls", async () => {
    own.provider.answer = (call) =>
      call.model === "model-c" ? new Response(null, { status: 401 }) : answer(call);

    await switchTo("model-c");
    const [state] = await until("the failures to be seen", async () => {
      const { data } = await adminOf(own.address).from("embedding_switches").select();
      return data?.[0]?.failed_count === documentCount && data;
    });
    // A lane that a refusal has paused would hold the training back for five minutes.
    await retrain(2, 2);
    const finding = await ask(1);
    await adminOf(own.address).rpc("cancel_embedding_switches", {});
    own.provider.answer = answer;

    expect(state!.failures).toMatchObject(
      Array(documentCount).fill({ code: "PROVIDER_UNAUTHORIZED" }),
    );
    expect(wrong(finding)).toBeNull();
    expect(await modelNow()).toBe("model-b");
    expect(await storedModels()).toEqual(["model-b"]);
  });
});
