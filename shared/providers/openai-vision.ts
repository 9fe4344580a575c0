import OpenAI, { APIConnectionError, APIError, APIUserAbortError } from "openai";
import type { Response as Answer, ResponseStreamEvent } from "openai/resources/responses/responses";
import { z } from "zod";
import { limitedFetch } from "./limited-fetch.ts";
import { parseRetryAfter } from "./parse-retry-after.ts";
import { ProviderError, type ProviderRefusal, type TokenUsage } from "./provider-error.ts";
import { readAnswer } from "./read-answer.ts";
import { readPaid } from "./read-paid.ts";
import { refusalOfStatus } from "./refusal-of-status.ts";
import { runWithin } from "./run-within.ts";
import type { VisionReader } from "./vision-reader.ts";

/** An event for each few letters of an answer of 100,000 tokens has some 40 MB. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** Where an OpenAI-compatible Responses endpoint is, and what to ask it for. */
export interface OpenAiVisionOptions {
  model: string;
  /** Up to and including `/v1`; OpenAI's own when left out. */
  baseUrl?: string;
  apiKey: string;
  /** Milliseconds that one reading may take. */
  timeoutMs?: number;
}

/**
 * Reads images through OpenAI's Responses API with structured output, as a stream: a reading takes
 * minutes, and proxies end connections on which nothing comes.
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function createOpenAiVision(options: OpenAiVisionOptions): VisionReader {
  const { model, timeoutMs = 240_000 } = options;
  const client = new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseUrl,
    timeout: timeoutMs,
    // The job engine retries, with the provider's limits in view.
    maxRetries: 0,
    fetch: limitedFetch(maxAnswerBytes),
    // It would print what it cannot parse, which a drawing may have written.
    logLevel: "off",
  });
  return {
    provider: "openai",
    model,
    read: ({ instructions, context, image, schema }, options = {}) =>
      runWithin(timeoutMs, options.signal, async (signal) => {
        const events = await client.responses.create({
          model,
          instructions,
          input: [{
            role: "user",
            content: [
              { type: "input_text", text: context },
              {
                type: "input_image",
                image_url: `data:image/png;base64,${image.toBase64()}`,
                detail: "high",
              },
            ],
          }],
          text: { format: toFormat(schema) },
          store: false,
          stream: true,
        }, { signal });
        const last = await lastEvent(events);
        return readPaid(usageOf(last.response), () => readResponse(last, schema));
      }).catch((error) => {
        throw error instanceof ProviderError ? error : toProviderError(error);
      }),
  };
}

function toFormat(schema: z.ZodType) {
  const { $schema: _, ...json } = z.toJSONSchema(schema);
  return { type: "json_schema", name: "reading", strict: true, schema: json } as const;
}

/** The event that a stream ends with, one way or the other. */
type LastEvent = Extract<
  ResponseStreamEvent,
  { type: "response.completed" | "response.incomplete" | "response.failed" }
>;

/** Throws `ProviderError` for a stream that ends without a response. */
async function lastEvent(events: AsyncIterable<ResponseStreamEvent>): Promise<LastEvent> {
  for await (const event of events) {
    switch (event.type) {
      case "error":
        throw refused(event.code, event);
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        return event;
    }
  }
  throw new ProviderError("the vision provider's answer is cut off");
}

function usageOf({ usage }: Answer): TokenUsage {
  return { inputTokens: usage?.input_tokens ?? 0, outputTokens: usage?.output_tokens ?? 0 };
}

function readResponse<T>(event: LastEvent, schema: z.ZodType<T>): T {
  const { response } = event;
  if (event.type === "response.failed") throw refused(response.error?.code, event);
  const parts = (response.output ?? []).flatMap((item) =>
    item.type === "message" ? item.content : []
  );
  if (
    parts.some(({ type }) => type === "refusal") ||
    response.incomplete_details?.reason === "content_filter"
  ) {
    throw new ProviderError("the vision provider refuses the image", { refusal: "input_rejected" });
  }
  if (event.type === "response.incomplete") {
    throw new ProviderError("the vision provider's answer is cut off");
  }
  return readAnswer(
    parts.map((part) => part.type === "output_text" ? part.text : "").join(""),
    schema,
  );
}

/** What an error inside a stream means: its status was 200. */
function refused(code: string | null | undefined, cause: unknown): ProviderError {
  const refusal: ProviderRefusal = code === "rate_limit_exceeded"
    ? "rate_limited"
    : code === "insufficient_quota"
    ? "unauthorized"
    : /^(invalid_|image_|unsupported_image|empty_image|bio_policy)/.test(code ?? "")
    ? "input_rejected"
    : "transient";
  return new ProviderError(
    refusal === "input_rejected"
      ? "the vision provider refuses the image"
      : "the vision provider failed while it answered",
    { refusal, cause },
  );
}

function toProviderError(error: unknown): ProviderError {
  if (error instanceof APIUserAbortError || error instanceof APIConnectionError) {
    return new ProviderError("the vision provider cannot be reached", { cause: error });
  }
  if (error instanceof APIError && error.status === undefined && error.code) {
    return refused(error.code, error);
  }
  if (!(error instanceof APIError) || error.status === undefined) {
    return new ProviderError("the vision provider answered with something unreadable", {
      cause: error,
    });
  }
  return new ProviderError(`the vision provider answered ${error.status}`, {
    refusal: refusalOfStatus(error.status, error.headers?.has("retry-after") ?? false),
    retryAfterSeconds: error.headers ? parseRetryAfter(error.headers, new Date()) : null,
    cause: error,
  });
}
