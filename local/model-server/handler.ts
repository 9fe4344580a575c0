import { ApiError } from "./api-error.ts";
import type { Embedder } from "./embedder.ts";
import { parseEmbeddingsRequest } from "./embeddings-request.ts";
import { encodeVector } from "./encode-vector.ts";
import { readJson } from "./read-json.ts";
import { ENCODER_MODEL } from "./sentence-encoder.ts";
import type { Call } from "./serve.ts";
import { createResponse } from "./vision/create-response.ts";
import type { Reader } from "./vision/reader.ts";
import { READER_MODEL } from "./vision/responses-request.ts";

/** What the routes answer with. */
export interface Models {
  embedder: Embedder;
  reader: Reader;
}

type Route = (call: Call, models: Models) => Response | Promise<Response>;

const ROUTES: Record<string, Record<string, Route>> = {
  "/v1/models": { GET: listModels },
  "/v1/embeddings": { POST: createEmbeddings },
  "/v1/responses": { POST: (call, { reader }) => createResponse(call, reader) },
};

/**
 * The server's answers, in OpenAI's shapes, errors included: 400 for a request that is not valid,
 * 404 for an unknown path or model, 405, 413. No key is asked for, and any is accepted.
 */
export function createHandler(models: Models): (call: Call) => Promise<Response> {
  return async (call) => {
    try {
      return await findRoute(call)(call, models);
    } catch (error) {
      return toResponse(error, call.signal);
    }
  };
}

function findRoute({ method, path }: Call): Route {
  const methods = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (!methods) throw new ApiError(404, `Invalid URL (${method} ${path})`);
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!route) {
    throw new ApiError(405, `Not allowed to ${method} on ${path}.`, {
      code: "method_not_supported",
      headers: { allow: Object.keys(methods).join(", ") },
    });
  }
  return route;
}

function listModels(): Response {
  const data = [ENCODER_MODEL, READER_MODEL]
    .map((id) => ({ id, object: "model", created: 0, owned_by: "local" }));
  return Response.json({ object: "list", data });
}

async function createEmbeddings(call: Call, { embedder }: Models): Promise<Response> {
  const request = parseEmbeddingsRequest(await readJson(call.body));
  const { input, dimensions, encoding_format, model } = request;
  const { vectors, tokens } = await embedder.embed(input, dimensions, call.signal);
  const data = vectors.map((vector, index) => ({
    object: "embedding",
    index,
    embedding: encodeVector(vector, encoding_format),
  }));
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return Response.json({ object: "list", data, model, usage });
}

function toResponse(error: unknown, signal: AbortSignal): Response {
  if (error instanceof ApiError) return error.toResponse();
  if (signal.aborted) return new Response(null, { status: 499 });
  console.error("model server:", error);
  return new ApiError(500, "The model server failed; its log says why.", { type: "server_error" })
    .toResponse();
}
