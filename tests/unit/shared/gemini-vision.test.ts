import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Reading } from "../../../shared/enrichment/reading.ts";
import { createGeminiVision } from "../../../shared/providers/gemini-vision.ts";
import {
  aReading,
  eventStream,
  startVisionServer,
  type VisionServer,
} from "../../support/vision-server.ts";
import { providerErrorOf } from "./support/provider-error-of.ts";
import { stalledAnswer } from "./support/unending-answers.ts";

const secret = "very-secret-key";
let server: VisionServer;

beforeAll(() => {
  server = startVisionServer();
});
afterAll(() => server[Symbol.dispose]());
beforeEach(() => {
  server.answer = () => geminiAnswer(parts);
  server.calls.length = 0;
});

const json = JSON.stringify(aReading);
/** What Gemini answers when it has looked closer by running code. */
const parts = [
  { text: "The crop shows a drain; I should enlarge it.", thought: true },
  { executableCode: { language: "PYTHON", code: "img.crop((0, 0, 10, 10))" } },
  { codeExecutionResult: { outcome: "OUTCOME_OK", output: "ok" } },
  { text: json.slice(0, 50) },
  { text: json.slice(50) },
];

function chunk(part: unknown, more: object = {}) {
  return { candidates: [{ content: { role: "model", parts: [part] }, index: 0 }], ...more };
}

function geminiAnswer(parts: unknown[], finishReason = "STOP"): Response {
  return eventStream([
    ...parts.map((part) => chunk(part)),
    {
      candidates: [{ content: { role: "model", parts: [{ text: "" }] }, finishReason, index: 0 }],
      usageMetadata: {
        promptTokenCount: 1000,
        toolUsePromptTokenCount: 200,
        candidatesTokenCount: 300,
        thoughtsTokenCount: 400,
      },
    },
  ], { named: false });
}

function read(options: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const { timeoutMs = 5000, signal } = options;
  const reader = createGeminiVision({
    model: "gemini-m",
    baseUrl: server.origin,
    apiKey: secret,
    timeoutMs,
  });
  return reader.read({
    instructions: "Read.",
    context: "{}",
    image: new Uint8Array([1, 2, 3]),
    schema: Reading,
  }, { signal });
}

function googleError(status: number, state: string, details: unknown[] = []): () => Response {
  return () =>
    Response.json({ error: { code: status, message: secret, status: state, details } }, { status });
}

describe("a Gemini vision reader", () => {
  test("asks with code execution on and thinking high, the context apart from the instructions", async () => {
    await read();

    const [{ path, headers, body }] = server.calls as [VisionServer["calls"][0]];
    expect(path).toBe("/v1beta/models/gemini-m:streamGenerateContent?alt=sse");
    expect(headers.get("x-goog-api-key")).toBe(secret);
    expect(body.contents).toEqual([{
      role: "user",
      parts: [{ text: "{}" }, { inlineData: { mimeType: "image/png", data: "AQID" } }],
    }]);
    expect(body.tools).toEqual([{ codeExecution: {} }]);
    expect(body.generationConfig.thinkingConfig).toEqual({ thinkingLevel: "HIGH" });
    expect(body.systemInstruction.parts[0].text).toMatch(/^Read\.[^]*"cross_references"/);
  });

  test("answers the reading without thoughts and code, and counts both", async () => {
    expect(await read()).toEqual({ answer: aReading, inputTokens: 1200, outputTokens: 700 });
  });

  test("takes what comes after the last code for the answer", async () => {
    server.answer = () =>
      geminiAnswer([{ text: "I crop to {x: 0.2}:" }, parts[1], parts[2], { text: json }]);

    expect((await read()).answer).toEqual(aReading);
  });

  test("takes an answer in a fence", async () => {
    server.answer = () => geminiAnswer([{ text: `Here it is:\n\`\`\`json\n${json}\n\`\`\`` }]);

    expect((await read()).answer).toEqual(aReading);
  });

  const retryInfo = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "21.4s" };
  const badKey = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" };
  test.each([
    [400, "INVALID_ARGUMENT", [], "input_rejected", null],
    [400, "INVALID_ARGUMENT", [badKey], "unauthorized", null],
    [400, "FAILED_PRECONDITION", [], "unauthorized", null],
    [403, "PERMISSION_DENIED", [], "unauthorized", null],
    [404, "NOT_FOUND", [], "permanent", null],
    [429, "RESOURCE_EXHAUSTED", [retryInfo], "rate_limited", 22],
    [429, "RESOURCE_EXHAUSTED", [], "rate_limited", null],
    [500, "INTERNAL", [], "transient", null],
    [503, "UNAVAILABLE", [], "transient", null],
    [504, "DEADLINE_EXCEEDED", [], "transient", null],
  ])("tells what %s %s %j means", async (status, state, details, refusal, seconds) => {
    server.answer = googleError(status, state, details);

    const error = await providerErrorOf(read());

    expect(error).toMatchObject({ refusal, retryAfterSeconds: seconds });
    expect(error.message).not.toContain(secret);
  });

  test.each([
    ["SAFETY", "input_rejected"],
    ["PROHIBITED_CONTENT", "input_rejected"],
    ["MAX_TOKENS", "transient"],
    ["OTHER", "transient"],
  ])("tells what an answer that ends with %s means", async (reason, refusal) => {
    server.answer = () => geminiAnswer(parts, reason);

    expect((await providerErrorOf(read())).refusal).toBe(refusal);
  });

  test("takes a prompt that is blocked for a crop that it will never read", async () => {
    server.answer = () =>
      eventStream([{ promptFeedback: { blockReason: "SAFETY" } }], { named: false });

    expect((await providerErrorOf(read())).refusal).toBe("input_rejected");
  });

  test("takes an error in the middle of the stream for what it is", async () => {
    server.answer = () =>
      eventStream([
        chunk({ text: json.slice(0, 50) }),
        { error: { code: 429, message: secret, status: "RESOURCE_EXHAUSTED", details: [] } },
      ], { named: false });

    const error = await providerErrorOf(read());

    expect(error.refusal).toBe("rate_limited");
    expect(error.message).not.toContain(secret);
  });

  test.each([
    ["no event", () => eventStream([])],
    ["no last event", () => eventStream([chunk(parts[3])], { named: false })],
    ["half an event", () => new Response('data: {"candidates":[{"cont')],
    ["HTML", () => new Response(`<h1>${secret}</h1>`)],
    ["no JSON", () => geminiAnswer([{ text: "I cannot read this." }])],
    ["another form", () => geminiAnswer([{ text: '{"description": 1}' }])],
  ])("fails for now on %s", async (_, answer) => {
    server.answer = answer;

    const error = await providerErrorOf(read());

    expect(error.refusal).toBe("transient");
    expect(error.message).not.toContain(secret);
  });

  test.each([
    ["is cut off", () => geminiAnswer(parts, "MAX_TOKENS")],
    ["is refused", () => geminiAnswer(parts, "SAFETY")],
    ["has another form", () => geminiAnswer([{ text: '{"description": 1}' }])],
    ["breaks off", () =>
      eventStream([
        chunk(parts[3], { usageMetadata: { promptTokenCount: 1200, thoughtsTokenCount: 700 } }),
        { error: { code: 500, message: secret, status: "INTERNAL", details: [] } },
      ], { named: false })],
  ])("says what an answer costs that %s", async (_, answer) => {
    server.answer = answer;

    expect((await providerErrorOf(read())).usage).toEqual({ inputTokens: 1200, outputTokens: 700 });
  });

  test("does not follow to another place, with its key", async () => {
    using elsewhere = startVisionServer();
    server.answer = () => Response.redirect(`${elsewhere.origin}/elsewhere`, 307);

    expect((await providerErrorOf(read())).refusal).toBe("transient");
    expect(elsewhere.calls).toEqual([]);
  });

  test("does not wait longer than it may, for the headers or in the stream", async () => {
    const never = new Promise<Response>(() => undefined);
    server.answer = () => never;
    expect((await providerErrorOf(read({ timeoutMs: 100 }))).refusal).toBe("transient");

    server.answer = () => stalledAnswer(`data: ${JSON.stringify(chunk(parts[3]))}\n\n`);
    expect((await providerErrorOf(read({ timeoutMs: 100 }))).refusal).toBe("transient");
  });
});
