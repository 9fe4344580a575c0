import { z } from "zod";
import { ApiError } from "./api-error.ts";
import { ENCODER_DIMENSIONS, ENCODER_MODEL } from "./sentence-encoder.ts";

const MAX_INPUTS = 2048;
/** pgvector's largest vector; more zeros than that are of no use to anyone. */
const MAX_DIMENSIONS = 16_000;
const EMPTY = "input cannot be an empty string";
const Text = z.string().min(1, EMPTY);

/**
 * The body of `POST /v1/embeddings` as OpenAI documents it, less token arrays. `dimensions` is at
 * least the model's own 512; what is above is zeros, which leave every cosine as it was.
 */
export const EmbeddingsRequest = z.strictObject({
  model: z.string().min(1),
  input: z.union([
    Text.transform((text) => [text]),
    z.array(Text).min(1).max(MAX_INPUTS, `input has at most ${MAX_INPUTS} strings`),
  ], { error: ({ input }) => describeInput(input) }),
  dimensions: z.int()
    .min(ENCODER_DIMENSIONS, `${ENCODER_MODEL} gives ${ENCODER_DIMENSIONS} dimensions or more`)
    .max(MAX_DIMENSIONS)
    .default(1024),
  encoding_format: z.enum(["float", "base64"]).default("float"),
  user: z.string().optional(),
});
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>;

/** Throws `ApiError` 400 when the body is not a request, 404 when it names another model. */
export function parseEmbeddingsRequest(body: unknown): EmbeddingsRequest {
  const parsed = EmbeddingsRequest.safeParse(body);
  if (!parsed.success) throw toApiError(parsed.error);
  const { model } = parsed.data;
  if (model !== ENCODER_MODEL) {
    throw new ApiError(404, `The model '${model}' does not exist; ${ENCODER_MODEL} does.`, {
      param: "model",
      code: "model_not_found",
    });
  }
  return parsed.data;
}

function describeInput(input: unknown): string {
  if (input === "") return EMPTY;
  const first: unknown = Array.isArray(input) ? input.flat()[0] : undefined;
  return typeof first === "number"
    ? "input is a token array; this server takes a string or an array of strings"
    : "input must be a string or an array of strings";
}

function toApiError(error: z.ZodError): ApiError {
  const issue = error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    return new ApiError(400, `Unrecognized request argument: ${issue.keys.join(", ")}`);
  }
  const path = issue?.path ?? [];
  const where = path.length > 0 ? `Invalid '${z.core.toDotPath(path)}': ` : "Invalid body: ";
  return new ApiError(400, where + (issue?.message ?? error.message), {
    param: path[0] === undefined ? null : String(path[0]),
    cause: error,
  });
}
