import { type SupabaseContext, withSupabase, type WithSupabaseConfig } from "@supabase/server";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { assertStorable } from "./assert-storable.ts";
import type { Database } from "./database.types.ts";
import { errorResponse } from "./error-response.ts";
import { ApiError } from "./errors.ts";
import { paceRefusals } from "./pace-refusals.ts";
import { readJson } from "./read-json.ts";
import { validate } from "./validate.ts";

type Env = { Bindings: SupabaseContext<Database> & { requestId: string } };

/** What a use case answers; `handle` turns it into a response. */
export interface Answer {
  status: 200 | 201 | 202 | 204;
  body?: unknown;
}

/** What a route is called with: the clients of the request and its validated parts. */
export interface Call<P, Q, B, H = unknown> {
  context: SupabaseContext<Database>;
  params: P;
  query: Q;
  body: B;
  headers: H;
}

/** The schemas of a route; a part without one is not read. */
interface Schemas<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  H extends z.ZodType,
> {
  params?: P;
  query?: Q;
  body?: B;
  /** Names in lower case. */
  headers?: H;
}

const NoFields = z.strictObject({});

/**
 * A person who errs notices nothing of it, a hundred callers at once share fifty a second. The
 * longest wait has room for all of them: those beyond it would come back together.
 */
const pace = { burst: 20, intervalMs: 20, mostMs: 2000 };
/** Apart, so that nobody without an account makes those wait who have one. */
const waitOf = { stranger: paceRefusals(pace), known: paceRefusals(pace) };

/** The routes of one function. */
export type Routes = Hono<Env>;

/** Makes a Hono handler of schemas and a use case. Throws INVALID_REQUEST with the path of each problem. */
export function route<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  H extends z.ZodType,
>(
  schemas: Schemas<P, Q, B, H>,
  useCase: (
    call: Call<z.output<P>, z.output<Q>, z.output<B>, z.output<H>>,
  ) => Promise<Answer>,
): (context: Context<Env>) => Promise<Response> {
  return async (context) => {
    const query = context.req.query();
    assertStorable(query);
    // A route without a schema for its query takes none.
    if (!schemas.query) validate(NoFields, query);
    const { status, body } = await useCase({
      context: context.env,
      params: validate(schemas.params, context.req.param()),
      query: validate(schemas.query, query),
      headers: validate(schemas.headers, context.req.header()),
      body: validate(schemas.body, schemas.body && await readJson(context.req.raw)),
    });
    return status === 204
      ? new Response(null, { status })
      : Response.json(body, { status, headers: { "cache-control": "no-store" } });
  };
}

/**
 * The `fetch` of an edge function: authentication, routes under `/<name>`, JSON answers, and the
 * contract's error body for whatever goes wrong. The only place where a response is made.
 */
export function handle(
  name: string,
  config: WithSupabaseConfig,
  define: (routes: Routes) => void,
): (request: Request) => Promise<Response> {
  const routes: Routes = new Hono<Env>({ strict: false }).basePath(`/${name}`);
  define(routes);
  routes.notFound((context) =>
    errorResponse(notFoundError(routes, context), context.env.requestId)
  );
  routes.onError((error, context) => errorResponse(error, context.env.requestId));

  return async (request) => {
    const requestId = crypto.randomUUID();
    // Made for each request: what is passed in beside the request does not reach the handler.
    const authenticated = withSupabase<Database>(
      { errors: { detailed: false }, ...config },
      async (inner, context) => await routes.fetch(inner, { ...context, requestId }),
    );
    const answer = await authenticated(request).catch((error) => errorResponse(error, requestId));
    if (answer.status === 401) await sleep(waitOf.stranger());
    else if (answer.status >= 400 && answer.status < 500) await sleep(waitOf.known());
    return await complete(answer, requestId);
  };
}

async function sleep(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

function notFoundError(routes: Routes, context: Context<Env>): ApiError {
  const { method, path } = context.req;
  const others = new Set(routes.routes.map((known) => known.method)).difference(new Set([method]));
  const allowed = [...others].filter((other) => routes.router.match(other, path)[0].length > 0);
  if (allowed.length === 0) return new ApiError("NOT_FOUND", "There is no such path");
  return new ApiError("METHOD_NOT_ALLOWED", `${method} is not possible here`, {
    hint: `Use ${allowed.join(" or ")}`,
  });
}

/** Adds the request id, and to the library's own error bodies what the contract has beyond them. */
async function complete(answer: Response, requestId: string): Promise<Response> {
  const headers = new Headers(answer.headers);
  headers.set("x-request-id", requestId);
  headers.append("access-control-expose-headers", "x-request-id, retry-after");
  const allowed = headers.get("access-control-allow-headers");
  // A header of the contract that supabase-js itself never sends.
  if (allowed) headers.set("access-control-allow-headers", `${allowed}, idempotency-key`);
  if (!headers.has("x-supabase-server-error")) {
    return new Response(answer.body, { status: answer.status, headers });
  }
  const { code, message } = await answer.json() as { code: string; message: string };
  headers.delete("content-length");
  return new Response(
    JSON.stringify({
      code,
      message: message.replace("[@supabase/server] ", ""),
      details: null,
      hint: null,
    }),
    { status: answer.status, headers },
  );
}
