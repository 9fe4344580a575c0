import { ApiError } from "./api-error.ts";
import { ENCODER_MAX_TOKENS, type SentenceEncoder } from "./sentence-encoder.ts";
import { splitWindows, type TextWindow } from "./split-windows.ts";
import { yieldToEvents } from "./yield-to-events.ts";

const MAX_TOKENS_PER_INPUT = 8192;
const MAX_TOKENS_PER_REQUEST = 300_000;

/** A window and the place of its input in the request. */
export interface PlacedWindow extends TextWindow {
  index: number;
}

/** The work of one request: slices that the model runs in one go each, about 75 ms at most. */
export interface Plan {
  slices: PlacedWindow[][];
  tokens: number;
}

/**
 * Counts the tokens of every input and cuts them into slices of like lengths (a batch costs its
 * rows times its longest row). Throws `ApiError` 400 past 8,192 tokens an input or 300,000 a
 * request, as OpenAI does; rejects with the signal's reason when the caller has gone.
 */
export async function planSlices(
  inputs: string[],
  encoder: SentenceEncoder,
  signal: AbortSignal,
): Promise<Plan> {
  const placed: PlacedWindow[] = [];
  let tokens = 0;
  for (const [index, input] of inputs.entries()) {
    const windows = splitWindows(input, encoder.countTokens, MAX_TOKENS_PER_INPUT);
    if (!windows) throw inputTooLong(index);
    for (const window of windows) placed.push({ ...window, index });
    tokens += windows.reduce((sum, window) => sum + window.tokens, 0);
    if (tokens > MAX_TOKENS_PER_REQUEST) throw requestTooLong();
    if (index % 16 === 15) await yieldToEvents();
    signal.throwIfAborted();
  }
  return { slices: toSlices(placed), tokens };
}

function toSlices(windows: PlacedWindow[]): PlacedWindow[][] {
  const slices: PlacedWindow[][] = [];
  let slice: PlacedWindow[] = [];
  for (const window of windows.toSorted((a, b) => a.tokens - b.tokens)) {
    if (slice.length > 0 && (slice.length + 1) * window.tokens > ENCODER_MAX_TOKENS) {
      slices.push(slice);
      slice = [];
    }
    slice.push(window);
  }
  slices.push(slice);
  return slices;
}

function inputTooLong(index: number): ApiError {
  const limit = `This model's maximum context length is ${MAX_TOKENS_PER_INPUT} tokens`;
  return new ApiError(400, `${limit}, however input ${index} has more. Please shorten it.`, {
    param: "input",
    code: "context_length_exceeded",
  });
}

function requestTooLong(): ApiError {
  return new ApiError(400, `Too many tokens, max ${MAX_TOKENS_PER_REQUEST} tokens per request`, {
    type: "max_tokens_per_request",
    param: "input",
    code: "max_tokens_per_request",
  });
}
