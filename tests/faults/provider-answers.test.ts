import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { embed, type EmbeddingCall } from "../support/embedding-server.ts";
import type { OwnStack } from "../support/own-stack.ts";
import { train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, callFunction, createUser, type User } from "../support/user.ts";
import { expectError } from "../http/support/expect-error.ts";
import {
  contentsOf,
  endPauses,
  limitAttempts,
  longText,
  repeat,
  startWorkerStack,
  storedContents,
} from "./support/worker-stack.ts";

vi.setConfig({ testTimeout: 60_000 });

type Answer = (call: EmbeddingCall) => Response | Promise<Response>;

const marker = "sk-very-secret";
let own: OwnStack;
let user: User;

beforeAll(async () => {
  own = await startWorkerStack(45);
  user = await createUser(own.address);
});
afterAll(() => own[Symbol.asyncDispose]());
afterEach(() => {
  own.provider.answer = embed;
});

/** Trains a document until the job has ended as `status`, with the pauses between attempts cut. */
async function trainUntil(status: string, documentId: string, attempts = 5) {
  const { id } = await train(user, documentId);
  await limitAttempts(own, attempts);
  using _ = repeat(() => endPauses(own), 100);
  return await waitForJob(user, id, status);
}

function refusal(status: number): Answer {
  return () => Response.json({ error: { message: `${marker} is not welcome` } }, { status });
}

/** A change of the right answer's JSON. */
function changed(change: (body: { data: Record<string, unknown>[] }) => unknown): Answer {
  return async (call) => Response.json(change(await embed(call).json()));
}

function text(body: string, type = "application/json"): Answer {
  return () => new Response(body, { headers: { "content-type": type } });
}

const malformed: [string, Answer][] = [
  ["HTML", text(`<h1>${marker}</h1>`, "text/html")],
  ["half of a JSON document", text(`{"data":[{"index":0,"${marker}":`)],
  ["nothing", text("")],
  ["null", text("null")],
  ["204", () => new Response(null, { status: 204 })],
  ["an error with status 200", text(`{"error":{"message":"${marker}"}}`)],
  ["a vector too few", changed((body) => ({ ...body, data: body.data.slice(1) }))],
  ["a vector too many", changed((body) => ({ ...body, data: [...body.data, ...body.data] }))],
  [
    "the same vector twice",
    changed((body) => {
      for (const entry of body.data) entry.index = 0;
      return { ...body, data: [...body.data, { ...body.data[0], index: 5 }] };
    }),
  ],
  [
    "vectors of 1,025 numbers",
    changed((body) => {
      for (const entry of body.data) entry.embedding = Array(1025).fill(0.1);
      return body;
    }),
  ],
  [
    "vectors of nothing",
    changed((body) => {
      for (const entry of body.data) entry.embedding = [];
      return body;
    }),
  ],
  [
    "vectors of zeros",
    changed((body) => {
      for (const entry of body.data) entry.embedding = [0, 0, 0];
      return body;
    }),
  ],
  [
    "null among the numbers",
    changed((body) => {
      for (const entry of body.data) entry.embedding = [0.1, null];
      return body;
    }),
  ],
  [
    "words among the numbers",
    changed((body) => {
      for (const entry of body.data) entry.embedding = ["0.1", marker];
      return body;
    }),
  ],
  [
    "NaN in base64",
    changed((body) => {
      const bytes = new Uint8Array(new Float32Array([NaN, 1]).buffer);
      for (const entry of body.data) entry.embedding = bytes.toBase64();
      return body;
    }),
  ],
  [
    "numbers that no half vector holds",
    changed((body) => {
      for (const entry of body.data) entry.embedding = [1e30];
      return body;
    }),
  ],
];

describe("a training whose provider", () => {
  test("fails once is tried again and completes", async () => {
    const documentId = await addDocument(user, longText);
    let calls = 0;
    own.provider.answer = (call) => ++calls === 2 ? refusal(500)(call) : embed(call);

    const job = await trainUntil("completed", documentId);

    expect(job).toMatchObject({ attempts: 2, error_message: null, progress: 1 });
    expect(await storedContents(own, documentId)).toEqual(contentsOf(longText));
  });

  test("fails always is dead after five attempts, and trained when it is asked again", async () => {
    const documentId = await addDocument(user, "One passage.");
    own.provider.answer = refusal(503);
    own.provider.calls.length = 0;

    const failed = await trainUntil("failed", documentId);
    const calls = own.provider.calls.length;
    own.provider.answer = embed;
    await callFunction(`training-library/jobs/${failed.id}/retry`, { user });
    const done = await waitForJob(user, failed.id, "completed");

    expect(failed).toMatchObject({
      attempts: 5,
      error_message: "the embedding provider answered 503",
    });
    expect(calls).toBe(5);
    expect(done).toMatchObject({ attempts: 1, error_message: null });
    expect(await storedContents(own, documentId)).toEqual(["One passage."]);
  });

  test.each(malformed)("answers %s is dead in the end, with nothing stored", async (_, answer) => {
    const documentId = await addDocument(user, "One passage.");
    own.provider.answer = answer;

    const failed = await trainUntil("failed", documentId, 2);

    expect(failed.attempts).toBe(2);
    expect(failed.error_message).toMatch(/^the embedding provider answered with /);
    expect(failed.error_message).not.toContain(marker);
    expect(await storedContents(own, documentId)).toEqual([]);
  });

  test("hangs up is asked again", async () => {
    const documentId = await addDocument(user, "One passage.");
    own.provider.answer = () => {
      own.provider.answer = embed;
      const broken = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"data":['));
          setTimeout(() => controller.error(new Error("gone")), 20);
        },
      });
      return new Response(broken, { headers: { "content-type": "application/json" } });
    };

    expect((await trainUntil("completed", documentId)).attempts).toBe(2);
  });

  const passage = "The embedding provider refuses a passage of the document: number 1";
  test.each([
    [400, passage],
    [413, passage],
    [422, passage],
    [404, "the embedding provider answered 404"],
  ])("answers %s is not asked again", async (status, error_message) => {
    const documentId = await addDocument(user, "One passage.");
    own.provider.answer = refusal(status);
    own.provider.calls.length = 0;

    const failed = await trainUntil("failed", documentId);

    expect(failed).toMatchObject({
      attempts: 1,
      error_message,
    });
    expect(own.provider.calls).toHaveLength(1);
    expect(await storedContents(own, documentId)).toEqual([]);
  });

  test("refuses one passage of many is asked for halves until it is found", async () => {
    const documentId = await addDocument(user, longText);
    const lines = contentsOf(longText)[2]!.split("\n\n");
    // In the middle of the passage: its neighbours repeat what is at its ends.
    const bad = lines[Math.floor(lines.length / 2)]!;
    own.provider.answer = (call) =>
      call.texts.some((text) => text.includes(bad)) ? refusal(400)(call) : embed(call);

    const failed = await trainUntil("failed", documentId);

    expect(failed).toMatchObject({
      attempts: 1,
      error_message: "The embedding provider refuses a passage of the document: number 3",
    });
    expect(await storedContents(own, documentId)).toEqual([]);
  });

  test.each([
    [429, "PROVIDER_RATE_LIMITED"],
    [529, "PROVIDER_RATE_LIMITED"],
    [401, "PROVIDER_UNAUTHORIZED"],
    [402, "PROVIDER_UNAUTHORIZED"],
    [403, "PROVIDER_UNAUTHORIZED"],
  ])("answers %s has its lane paused, and costs no attempt", async (status, code) => {
    const documentId = await addDocument(user, "One passage.");
    own.provider.answer = refusal(status);
    const { id } = await train(user, documentId);

    const [lane] = await until("a paused lane", async () => {
      const lanes = await own.stack.database.query<{ pause_reason: string; cap: number }>(
        `select pause_reason, reduced_cap as cap from private.lanes
         where lane = 'embedding' and paused_until > clock_timestamp()`,
      );
      return lanes.length > 0 && lanes;
    });
    own.provider.answer = embed;
    await resume(own);
    const done = await waitForJob(user, id, "completed");

    expect(lane).toEqual({ pause_reason: code, cap: 4 });
    expect(done.attempts).toBe(1);
  });

  test("refuses calls for a long time loses no job and no attempt", async () => {
    let refused = 0;
    own.provider.answer = (call) => ++refused <= 20 ? refusal(429)(call) : embed(call);
    const documentIds = await Promise.all(
      Array.from({ length: 6 }, (_, index) => addDocument(user, `Passage ${index}.`)),
    );
    const queued = await Promise.all(documentIds.map((id) => train(user, id)));

    using _ = repeat(() => resume(own), 100);
    const done = await Promise.all(queued.map(({ id }) => waitForJob(user, id, "completed")));

    expect(refused).toBeGreaterThan(20);
    expect(done.map(({ attempts }) => attempts)).toEqual(Array(6).fill(1));
  });

  test("answers 408 is asked again later", async () => {
    const documentId = await addDocument(user, "One passage.");
    own.provider.answer = refusal(408);
    const { id } = await train(user, documentId);

    const [waiting] = await until("a failed attempt", async () => {
      const jobs = await own.stack.database.query<{ error: unknown; is_later: boolean }>(
        `select last_error as error, visible_at > clock_timestamp() as is_later
         from private.jobs where last_error is not null`,
      );
      return jobs.length > 0 && jobs;
    });
    own.provider.answer = embed;
    await endPauses(own);
    const done = await waitForJob(user, id, "completed");

    expect(waiting).toEqual({
      error: { code: "PROVIDER_FAILED", message: "the embedding provider answered 408" },
      is_later: true,
    });
    expect(done.attempts).toBe(2);
  });
});

/** Resumes the lane, as an operator would, and has a worker called. */
async function resume({ stack }: OwnStack): Promise<void> {
  await stack.database.query("select private.pause_lane('embedding', null)");
}

describe("POST /search while the provider", () => {
  const search = (mode: string) => callFunction("search", { user, body: { query: "x", mode } });

  test.each(
    [
      ["fails", refusal(500), 502, "PROVIDER_FAILED"],
      ["has no quota", refusal(402), 502, "PROVIDER_FAILED"],
      ["refuses the key", refusal(401), 502, "PROVIDER_FAILED"],
      ["refuses the query", refusal(400), 502, "PROVIDER_FAILED"],
      ["is busy", refusal(429), 429, "PROVIDER_RATE_LIMITED"],
      ...malformed.map(([name, answer]) =>
        [`answers ${name}`, answer, 502, "PROVIDER_FAILED"] as const
      ),
    ] as const,
  )("%s says so, and nothing of what it wrote", async (_, answer, status, code) => {
    own.provider.answer = answer;

    for (const mode of ["hybrid", "vector"]) {
      const refused = await search(mode);

      expectError(refused, status, code);
      expect(refused.text).not.toContain(marker);
    }
  });

  test("fails still searches by words", async () => {
    own.provider.answer = refusal(500);

    expect((await search("text")).status).toBe(200);
  });
});
