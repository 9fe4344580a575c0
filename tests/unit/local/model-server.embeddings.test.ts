import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Embedder } from "../../../local/model-server/embedder.ts";
import { createHandler } from "../../../local/model-server/handler.ts";
import {
  ENCODER_MODEL,
  type SentenceEncoder,
} from "../../../local/model-server/sentence-encoder.ts";
import { serve } from "../../../local/model-server/serve.ts";
import { Reader } from "../../../local/model-server/vision/reader.ts";
import { post, readReady, start } from "./support/model-server-process.ts";

const FloatBody = z.object({ data: z.array(z.object({ embedding: z.array(z.number()) })) });

let server: Deno.ChildProcess;
let url: string;
let client: OpenAI;

beforeAll(async () => {
  server = start();
  url = (await readReady(server)).url;
  client = new OpenAI({ baseURL: url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await server.stdin.close();
  await server.status;
});

describe("embeddings", () => {
  test("are closer for sentences of like meaning than for others, without a shared keyword", async () => {
    const [holiday, leave, invoice] = await embed([
      "How many days of holiday do I get each year?",
      "Employees are entitled to 25 days of annual leave.",
      "The supplier must send its bill within one month.",
    ]);

    expect(dot(holiday, leave)).toBeGreaterThan(dot(holiday, invoice) + 0.2);
  });

  test("have unit length and 1024 dimensions, of which the last 512 are zeros", async () => {
    const [vector] = await embed(["The office opens at nine."]);

    expect(vector).toHaveLength(1024);
    expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(vector?.slice(512).every((value) => value === 0)).toBe(true);
    expect(vector?.slice(0, 512).some((value) => value === 0)).toBe(false);
  });

  test("have the dimensions asked for and the same cosine in each", async () => {
    const input = ["The office opens at nine.", "Work starts in the morning."];

    const [a512, b512] = await embed(input, { dimensions: 512 });
    const [a2000, b2000] = await embed(input, { dimensions: 2000 });

    expect([a512?.length, a2000?.length]).toEqual([512, 2000]);
    expect(dot(a2000, b2000)).toBe(dot(a512, b512));
  });

  test("are the same in base64, which openai asks for unless told, and in numbers", async () => {
    const input = "Travel is booked two weeks ahead.";

    const [decoded] = await embed([input]);
    const [numbers] = await embed([input], { encoding_format: "float" });
    const raw = FloatBody.parse(await (await post(url, { model: ENCODER_MODEL, input })).json());

    expect(numbers).toEqual(decoded);
    expect(raw.data[0]?.embedding).toEqual(decoded);
  });

  test("keep the order of inputs of different lengths", async () => {
    const inputs = Array.from(
      { length: 60 },
      (_, i) => `number ${i} ` + "word ".repeat(i * 7 % 40),
    );

    const { data } = await client.embeddings.create({ model: ENCODER_MODEL, input: inputs });
    const alone = await Promise.all([0, 17, 59].map((i) => embed([inputs[i] ?? ""])));

    expect(data.map((row) => row.index)).toEqual(inputs.map((_, i) => i));
    for (const [row, i] of [0, 17, 59].entries()) {
      const similarities = data.map(({ embedding }) => dot(embedding, alone[row]?.[0]));
      expect(similarities.indexOf(Math.max(...similarities))).toBe(i);
      expect(similarities[i]).toBeCloseTo(1, 4);
    }
  });

  test("know what a long text says after the 128 tokens that the model reads", async () => {
    const filler = "The committee met in the large room and approved the minutes. ".repeat(12);
    const fact = "Dogs and cats are welcome in the building on Fridays. ".repeat(6);

    const [query, without, within] = await embed(["Can I bring my pet?", filler, filler + fact]);

    expect(dot(query, within)).toBeGreaterThan(dot(query, without) + 0.1);
  });

  test("do not change with line breaks and runs of spaces", async () => {
    const [plain, broken] = await embed([
      "pay the bill by Friday",
      " pay the\nbill \t by\r\nFriday\n",
    ]);

    expect(broken).toEqual(plain);
  });

  test("count the tokens of the model's vocabulary", async () => {
    const { usage, model, object } = await client.embeddings.create({
      model: ENCODER_MODEL,
      input: ["Hello world", "Hello world"],
    });

    expect(usage).toEqual({ prompt_tokens: 6, total_tokens: 6 });
    expect({ model, object }).toEqual({ model: ENCODER_MODEL, object: "list" });
  });

  test.each([
    ["a space", " "],
    ["line breaks", "\n\n"],
    ["half a character", "\ud800"],
    ["a control character", "\u0000"],
    ["another script", "日本語"],
    ["an emoji", "😀"],
    ["one word of 5000 letters", "a".repeat(5000)],
  ])(
    "are given for %s",
    async (_, input) => {
      const [vector] = await embed([input]);

      expect(dot(vector, vector)).toBeCloseTo(1, 5);
    },
  );

  test("are given for 2048 inputs at once, any key or none", async () => {
    const response = await post(url, { model: ENCODER_MODEL, input: Array(2048).fill("hi") });

    const { data } = FloatBody.parse(await response.json());

    expect(data).toHaveLength(2048);
  }, 60_000);
});

describe("requests at the same time", () => {
  const chunk = "The tenant pays the rent on the first of the month. ".repeat(9);

  test("a query is answered while a large batch is worked on", async () => {
    const abort = new AbortController();
    let isBatchDone = false;
    const batch = post(url, { model: ENCODER_MODEL, input: Array(400).fill(chunk) }, abort.signal)
      .then(() => isBatchDone = true, () => {});
    await sleep(300);

    const started = performance.now();
    for (let i = 0; i < 5; i++) await embed([`When is payment ${i} due?`]);
    const perQuery = (performance.now() - started) / 5;

    expect(isBatchDone).toBe(false);
    expect(perQuery).toBeLessThan(1000);
    abort.abort();
    await batch;
  });

  test("the smaller of two batches ends first though it came second", async () => {
    const ended: string[] = [];
    const { url, close } = await serveFake();
    const first = send(url, 60).then(() => ended.push("large"));
    await sleep(20);

    await Promise.all([first, send(url, 6).then(() => ended.push("small"))]);

    expect(ended).toEqual(["small", "large"]);
    close();
  });

  test("equal batches end one after the other, so that not all of them end too late", async () => {
    const { url, close, calls } = await serveFake();

    const callsAtEnd = await Promise.all([20, 20, 20].map(async (inputs) => {
      await send(url, inputs);
      return calls();
    }));

    const [first, second] = callsAtEnd.sort((a, b) => a - b);
    expect(first).toBeLessThan(30);
    expect(second).toBeLessThan(50);
    close();
  });

  test("a stream of queries does not starve a batch", async () => {
    const { url, close } = await serveFake();
    let isBatchDone = false;
    const batch = send(url, 20).then(() => isBatchDone = true);

    const queries = Array.from({ length: 4 }, async () => {
      let count = 0;
      for (; !isBatchDone && count < 200; count++) await send(url, 1);
      return count;
    });

    expect(Math.max(...await Promise.all(queries))).toBeLessThan(200);
    await batch;
    close();
  });

  test("work ends when its client goes away, and others are served", async () => {
    const { url, close, calls } = await serveFake();
    const abort = new AbortController();
    const batch = send(url, 500, abort.signal).catch((error: unknown) => error);
    await expect.poll(calls).toBeGreaterThan(3);

    abort.abort();
    expect(await batch).toMatchObject({ name: "AbortError" });
    await sleep(50);
    const before = calls();
    await sleep(100);

    expect(calls()).toBe(before);
    expect(before).toBeLessThan(100);
    await send(url, 1);
    expect(calls()).toBe(before + 1);
    close();
  });
});

/** The handler on a port of its own, with a model of which each call takes 5 ms. */
async function serveFake() {
  let count = 0;
  const encoder: SentenceEncoder = {
    countTokens: () => 128,
    encode: async (texts) => {
      count++;
      await sleep(5);
      return texts.map(() => Array<number>(512).fill(1));
    },
  };
  const embedder = new Embedder(Promise.resolve(encoder));
  const handler = createHandler({ embedder, reader: new Reader() });
  const { port, close } = await serve(handler, 0);
  return { url: `http://127.0.0.1:${port}/v1`, calls: () => count, close };
}

/** Sends as many inputs as are given, each one slice of work. */
async function send(base: string, inputs: number, signal?: AbortSignal): Promise<void> {
  const body = { model: ENCODER_MODEL, input: Array(inputs).fill("word") };
  const response = await post(base, body, signal);
  await response.body?.cancel();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

async function embed(
  input: string[],
  options: { dimensions?: number; encoding_format?: "float" } = {},
): Promise<number[][]> {
  const { data } = await client.embeddings.create({ model: ENCODER_MODEL, input, ...options });
  return data.map((row) => row.embedding);
}

function dot(a: number[] = [], b: number[] = []): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
