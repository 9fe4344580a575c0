import {
  ApiError,
  FinishReason,
  type GenerateContentResponse,
  GoogleGenAI,
  ThinkingLevel,
} from "@google/genai";
import { z } from "zod";
import { readGoogleError } from "./google-error.ts";
import { limitedFetch } from "./limited-fetch.ts";
import { ProviderError, type TokenUsage } from "./provider-error.ts";
import { readAnswer } from "./read-answer.ts";
import { readPaid } from "./read-paid.ts";
import { refusalOfStatus } from "./refusal-of-status.ts";
import { runWithin } from "./run-within.ts";
import type { VisionReader } from "./vision-reader.ts";

/** With the images that code execution makes of the crop. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** What to ask the Gemini API for, and where. */
export interface GeminiVisionOptions {
  model: string;
  /** Google's own when left out. */
  baseUrl?: string;
  apiKey: string;
  /** Milliseconds that one reading may take. */
  timeoutMs?: number;
}

interface Received {
  text: string;
  finishReason?: FinishReason;
  blocked: boolean;
  usage: GenerateContentResponse["usageMetadata"];
  /** What the stream broke off with. */
  failure: unknown;
}

/**
 * Reads images with Gemini: code execution is on, with which it cuts and enlarges the crop to look
 * closer, and it thinks long. Older models take no response schema beside a tool, so the schema is
 * part of the instructions and the answer is checked here.
 * Source: https://ai.google.dev/gemini-api/docs/code-execution
 */
export function createGeminiVision(options: GeminiVisionOptions): VisionReader {
  const { model, timeoutMs = 240_000 } = options;
  const client = new GoogleGenAI({
    apiKey: options.apiKey,
    // Thinking levels are not in v1.
    httpOptions: {
      apiVersion: "v1beta",
      baseUrl: options.baseUrl,
      fetch: limitedFetch(maxAnswerBytes),
    },
  });
  return {
    provider: "gemini",
    model,
    read: ({ instructions, context, image, schema }, options = {}) =>
      runWithin(timeoutMs, options.signal, async (abortSignal) => {
        const chunks = await client.models.generateContentStream({
          model,
          contents: [{
            role: "user",
            parts: [
              { text: context },
              { inlineData: { mimeType: "image/png", data: image.toBase64() } },
            ],
          }],
          config: {
            systemInstruction: `${instructions}\n\nThe schema (JSON Schema):\n${
              schemaText(schema)
            }`,
            tools: [{ codeExecution: {} }],
            thinkingConfig: { thinkingLevel: ThinkingLevel.HIGH },
            abortSignal,
          },
        });
        const received = await collect(chunks);
        return readPaid(usageOf(received), () => toAnswer(received, schema));
      }).catch((error) => {
        throw error instanceof ProviderError ? error : toProviderError(error);
      }),
  };
}

function schemaText(schema: z.ZodType): string {
  const { $schema: _, ...json } = z.toJSONSchema(schema);
  return JSON.stringify(json);
}

async function collect(chunks: AsyncIterable<GenerateContentResponse>): Promise<Received> {
  const received: Received = { text: "", blocked: false, usage: undefined, failure: null };
  try {
    for await (const chunk of chunks) take(chunk, received);
  } catch (failure) {
    // What it has said by then of what it charges still holds.
    received.failure = failure;
  }
  return received;
}

function take(chunk: GenerateContentResponse, received: Received): void {
  const candidate = chunk.candidates?.[0];
  for (const part of candidate?.content?.parts ?? []) {
    // What it said before it ran code was no answer yet.
    if (part.executableCode || part.codeExecutionResult) received.text = "";
    // What it thinks, and the code that it runs, is no part of the answer.
    if (part.text !== undefined && !part.thought) received.text += part.text;
  }
  received.finishReason = candidate?.finishReason ?? received.finishReason;
  received.blocked ||= chunk.promptFeedback?.blockReason !== undefined;
  received.usage = chunk.usageMetadata ?? received.usage;
}

function usageOf({ usage }: Received): TokenUsage {
  return {
    inputTokens: (usage?.promptTokenCount ?? 0) + (usage?.toolUsePromptTokenCount ?? 0),
    outputTokens: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
  };
}

function toAnswer<T>(received: Received, schema: z.ZodType<T>): T {
  const { text, finishReason, blocked, failure } = received;
  if (failure !== null) throw toProviderError(failure);
  if (blocked || isRefusal(finishReason)) {
    throw new ProviderError("the vision provider refuses the image", { refusal: "input_rejected" });
  }
  if (finishReason !== FinishReason.STOP) {
    throw new ProviderError("the vision provider's answer is cut off");
  }
  return readAnswer(text, schema);
}

function isRefusal(reason: FinishReason | undefined): boolean {
  return [
    FinishReason.SAFETY,
    FinishReason.RECITATION,
    FinishReason.BLOCKLIST,
    FinishReason.PROHIBITED_CONTENT,
    FinishReason.SPII,
  ].some((refusal) => refusal === reason);
}

function toProviderError(error: unknown): ProviderError {
  if (!(error instanceof ApiError)) {
    return new ProviderError("the vision provider cannot be reached", { cause: error });
  }
  const { refusal, retryAfterSeconds } = readGoogleError(bodyOf(error), error.status);
  return new ProviderError(`the vision provider answered ${error.status}`, {
    refusal: refusal ?? refusalOfStatus(error.status, retryAfterSeconds !== null),
    retryAfterSeconds,
    cause: error,
  });
}

/** The library puts the whole body of an error into its message. */
function bodyOf({ message }: ApiError): unknown {
  try {
    return JSON.parse(message.slice(message.indexOf("{")));
  } catch {
    return null;
  }
}
