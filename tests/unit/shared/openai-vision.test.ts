import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Reading } from "../../../shared/enrichment/reading.ts";
import { createOpenAiVision } from "../../../shared/providers/openai-vision.ts";
import {
  aReading,
  eventStream,
  openAiAnswer,
  startVisionServer,
  type VisionServer,
} from "../../support/vision-server.ts";
import { providerErrorOf } from "./support/provider-error-of.ts";
import { stalledAnswer } from "./support/unending-answers.ts";

const secret = "sk-very-secret";
let server: VisionServer;

beforeAll(() => {
  server = startVisionServer();
});
afterAll(() => server[Symbol.dispose]());
beforeEach(() => {
  server.answer = () => openAiAnswer(JSON.stringify(aReading));
  server.calls.length = 0;
});

function read(options: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const { timeoutMs = 5000, signal } = options;
  const reader = createOpenAiVision({
    model: "m",
    baseUrl: `${server.origin}/v1`,
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

describe("an OpenAI vision reader", () => {
  test("sends instructions, context and image apart, and the schema as strict", async () => {
    await read();

    const [{ path, headers, body }] = server.calls as [VisionServer["calls"][0]];
    expect(path).toBe("/v1/responses");
    expect(headers.get("authorization")).toBe(`Bearer ${secret}`);
    expect(body).toMatchObject({ model: "m", instructions: "Read.", stream: true, store: false });
    expect(body.input).toEqual([{
      role: "user",
      content: [
        { type: "input_text", text: "{}" },
        { type: "input_image", image_url: "data:image/png;base64,AQID", detail: "high" },
      ],
    }]);
    expect(body.text.format).toMatchObject({ type: "json_schema", strict: true });
  });

  test("asks for every field of every object and for none beside, as structured output demands", async () => {
    await read();

    const check = (schema: Record<string, unknown>) => {
      if (schema.type === "object") {
        expect(schema.additionalProperties).toBe(false);
        expect(schema.required).toEqual(Object.keys(schema.properties as object));
      }
      for (const value of Object.values(schema)) {
        if (value !== null && typeof value === "object") check(value as Record<string, unknown>);
      }
    };
    check(server.calls[0]!.body.text.format.schema);
  });

  test("answers the reading and what it consumed", async () => {
    expect(await read()).toEqual({ answer: aReading, inputTokens: 1200, outputTokens: 340 });
  });

  test.each([
    [400, "input_rejected"],
    [401, "unauthorized"],
    [402, "unauthorized"],
    [403, "unauthorized"],
    [404, "permanent"],
    [408, "transient"],
    [413, "input_rejected"],
    [429, "rate_limited"],
    [500, "transient"],
    [503, "transient"],
    [529, "rate_limited"],
  ])("tells what status %s means, and nothing of its text", async (status, refusal) => {
    server.answer = () => Response.json({ error: { message: secret, code: null } }, { status });

    const error = await providerErrorOf(read());

    expect(error.refusal).toBe(refusal);
    expect(error.message).not.toContain(secret);
  });

  test("says when the provider wants to be asked again", async () => {
    server.answer = () =>
      Response.json({ error: { message: "busy" } }, {
        status: 429,
        headers: { "retry-after": "17" },
      });

    expect((await providerErrorOf(read())).retryAfterSeconds).toBe(17);
  });

  test.each([
    ["an error event", { type: "error", code: "server_error", message: secret }, "transient"],
    [
      "an error event of a full quota",
      { type: "error", code: "rate_limit_exceeded", message: secret },
      "rate_limited",
    ],
    [
      "a failed response",
      { type: "response.failed", response: { error: { code: "server_error", message: secret } } },
      "transient",
    ],
    [
      "an image that it cannot read",
      {
        type: "response.failed",
        response: { error: { code: "invalid_image", message: secret } },
      },
      "input_rejected",
    ],
    [
      "an answer that is cut off",
      {
        type: "response.incomplete",
        response: { incomplete_details: { reason: "max_output_tokens" } },
      },
      "transient",
    ],
    [
      "an answer that a filter has stopped",
      {
        type: "response.incomplete",
        response: { incomplete_details: { reason: "content_filter" } },
      },
      "input_rejected",
    ],
  ])("takes %s in the middle of the stream for what it is", async (_, event, refusal) => {
    server.answer = () =>
      eventStream([{ type: "response.created", response: { id: "resp_1" } }, event]);

    const error = await providerErrorOf(read());

    expect(error.refusal).toBe(refusal);
    expect(error.message).not.toContain(secret);
  });

  test.each([
    ["no event", () => eventStream([])],
    ["no last event", () => eventStream([{ type: "response.created", response: {} }])],
    ["half an event", () => new Response('data: {"type":"response.comp', sse)],
    [
      "HTML",
      () => new Response(`<h1>${secret}</h1>`, { headers: { "content-type": "text/html" } }),
    ],
    ["no JSON", () => openAiAnswer("I cannot read this.")],
    ["half a reading", () => openAiAnswer(JSON.stringify(aReading).slice(0, 200))],
    ["another form", () => openAiAnswer('{"description": 1}')],
    [
      "no output",
      () => eventStream([{ type: "response.completed", response: { output: [], usage: null } }]),
    ],
  ])("fails for now on %s", async (_, answer) => {
    server.answer = answer;

    const error = await providerErrorOf(read());

    expect(error.refusal).toBe("transient");
    expect(error.message).not.toContain(secret);
  });

  test("takes a refusal for a crop that it will never read", async () => {
    server.answer = () =>
      eventStream([{
        type: "response.completed",
        response: {
          output: [{ type: "message", content: [{ type: "refusal", refusal: secret }] }],
        },
      }]);

    expect((await providerErrorOf(read())).refusal).toBe("input_rejected");
  });

  const usage = { input_tokens: 900, output_tokens: 80 };
  test.each([
    ["is cut off", "response.incomplete", {
      incomplete_details: { reason: "max_output_tokens" },
    }],
    ["a filter has stopped", "response.incomplete", {
      incomplete_details: { reason: "content_filter" },
    }],
    ["has failed", "response.failed", { error: { code: "server_error", message: secret } }],
    ["is a refusal", "response.completed", {
      output: [{ type: "message", content: [{ type: "refusal", refusal: secret }] }],
    }],
    ["has another form", "response.completed", {
      output: [{ type: "message", content: [{ type: "output_text", text: "{}" }] }],
    }],
  ])("says what an answer costs that %s", async (_, type, response) => {
    server.answer = () => eventStream([{ type, response: { ...response, usage } }]);

    expect((await providerErrorOf(read())).usage).toEqual({ inputTokens: 900, outputTokens: 80 });
  });

  test("charges nothing where nothing was answered", async () => {
    server.answer = () => Response.json({ error: { message: secret } }, { status: 500 });

    expect((await providerErrorOf(read())).usage).toBeNull();
  });

  test("does not follow to another place, with its key", async () => {
    using elsewhere = startVisionServer();
    server.answer = () => Response.redirect(`${elsewhere.origin}/v1/responses`, 307);

    expect((await providerErrorOf(read())).refusal).toBe("transient");
    expect(elsewhere.calls).toEqual([]);
  });

  test("does not wait longer than it may, for the headers or in the stream", async () => {
    const never = new Promise<Response>(() => undefined);
    server.answer = () => never;
    expect((await providerErrorOf(read({ timeoutMs: 100 }))).refusal).toBe("transient");

    server.answer = () => stalledAnswer(ping, sse);
    expect((await providerErrorOf(read({ timeoutMs: 100 }))).refusal).toBe("transient");
  });

  test("hangs up when its job is lost", async () => {
    const lost = new AbortController();
    const hungUp = Promise.withResolvers<void>();
    server.answer = ({ signal }) => {
      signal.addEventListener("abort", () => hungUp.resolve());
      setTimeout(() => lost.abort(), 20);
      return stalledAnswer(ping, sse);
    };

    await providerErrorOf(read({ signal: lost.signal }));
    await hungUp.promise;
  });
});

const sse = { headers: { "content-type": "text/event-stream" } };
const ping = 'data: {"type":"response.in_progress"}\n\n';
