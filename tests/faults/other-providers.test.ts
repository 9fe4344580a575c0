import { afterEach, describe, expect, test, vi } from "vitest";
import { type OwnStack, startOwnStack } from "../support/own-stack.ts";
import {
  type ProviderCall,
  type ProviderServer,
  startProviderServer,
} from "../support/provider-server.ts";
import { train, waitForJob } from "../support/training.ts";
import { until } from "../support/until.ts";
import { addDocument, callFunction, createUser } from "../support/user.ts";

vi.setConfig({ testTimeout: 90_000 });

interface Case {
  provider: string;
  model: string;
  /** The right answer to a call, in the provider's format; 10 tokens for each request. */
  answer: (call: ProviderCall) => unknown;
  /** Asks to wait for two seconds. */
  refuse: () => Response;
  /** What the call says of its texts. */
  inputOf: (call: ProviderCall) => unknown;
  /** Dollars for 10 tokens. */
  cost: number;
}

const cases: Case[] = [
  {
    provider: "voyage",
    model: "voyage-3.5",
    answer: ({ body }) => ({
      object: "list",
      data: (body.input as string[]).map((_, index) => ({ index, embedding: [1, 0.5] })),
      model: body.model,
      usage: { total_tokens: 10 },
    }),
    refuse: () =>
      Response.json({ detail: "Rate limit" }, { status: 429, headers: { "retry-after": "2" } }),
    inputOf: ({ body }) => body.input_type,
    cost: 10 * 0.06 / 1e6,
  },
  {
    provider: "gemini",
    model: "gemini-embedding-001",
    answer: ({ body }) => ({
      embeddings: (body.requests as unknown[]).map(() => ({ values: [3, 4] })),
      usageMetadata: { promptTokenCount: 10 },
    }),
    refuse: () =>
      Response.json({
        error: {
          code: 429,
          message: "Quota",
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.6s" }],
        },
      }, { status: 429 }),
    inputOf: ({ body }) => (body.requests as { taskType: string }[])[0]!.taskType,
    cost: 10 * 0.15 / 1e6,
  },
];

let server: ProviderServer | undefined;
let own: OwnStack | undefined;

afterEach(async () => {
  await own?.[Symbol.asyncDispose]();
  server?.[Symbol.dispose]();
});

describe.each(cases)("embeddings by $provider", (given) => {
  test("wait when they are asked to, and are searched, booked and paid for", async () => {
    server = startProviderServer();
    let refusedAt = 0;
    server.answer = () => {
      refusedAt = performance.now();
      server!.answer = (call) => Response.json(given.answer(call));
      return given.refuse();
    };
    own = await startOwnStack({
      cron: true,
      env: {
        JOB_TICK_SECONDS: "1",
        EMBEDDING_PROVIDER: given.provider,
        EMBEDDING_MODEL: given.model,
        EMBEDDING_BASE_URL: server.url,
        EMBEDDING_API_KEY: "pa-secret",
      },
    });
    const user = await createUser(own.address);
    const job = await train(user, await addDocument(user, "One passage."));
    const paused = await until("the lane to pause", async () => {
      const rows = await own!.stack.database.query<{ pause_reason: string }>(
        "select pause_reason from private.lanes where paused_until > clock_timestamp()",
      );
      return rows.length > 0 && rows;
    });
    const done = await waitForJob(user, job.id, "completed");
    const waited = performance.now() - refusedAt;
    const { status, body } = await callFunction("search", { user, body: { query: "passage" } });

    expect(paused).toEqual([{ pause_reason: "PROVIDER_RATE_LIMITED" }]);
    expect(waited).toBeGreaterThan(1_900);
    expect(done.attempts).toBe(1);
    expect(status).toBe(200);
    expect(body.matches).toMatchObject([{ content: "One passage." }]);
    expect((body.matches as { similarity: number }[])[0]!.similarity).toBeCloseTo(1, 3);
    expect(body.usage).toEqual({ embedding_tokens: 10 });
    expect(server.calls.slice(1).map(given.inputOf).map((input) => `${input}`.toLowerCase()))
      .toEqual([expect.stringMatching(/document$/), expect.stringMatching(/query$/)]);
    const events = await own.stack.database.query(
      `select provider, model, input_tokens::integer, cost_usd::double precision as cost
       from public.usage_events`,
    );
    expect(events).toEqual([
      { provider: given.provider, model: given.model, input_tokens: 10, cost: given.cost },
    ]);
  });
});
