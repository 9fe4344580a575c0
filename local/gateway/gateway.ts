import { errorAnswer } from "./error-answer.ts";
import type { TokenExchange } from "./token-exchange.ts";
import { toRawUpload } from "./to-raw-upload.ts";
import { toHostedRestAnswer } from "./to-hosted-rest-answer.ts";
import { toHostedStorageAnswer } from "./to-hosted-storage-answer.ts";
import { toHostedAuthAnswer } from "./to-hosted-auth-answer.ts";
import type { Keys } from "../keys.ts";

/** What stands behind the gateway. */
export interface Upstreams {
  /** @supabase/lite: auth, REST and storage. */
  lite: (request: Request) => Promise<Response>;
  /** Passes a request on to an edge function. */
  functions: (request: Request) => Promise<Response>;
}

/**
 * One port for everything, as hosted has it. Closes the gaps between @supabase/lite and hosted:
 * token signatures, named secret keys, the form of uploads and of signed URLs.
 */
export function createGateway(
  upstreams: Upstreams,
  tokens: TokenExchange,
  keys: Keys,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/functions/v1/")) return await upstreams.functions(request);
    if (pathname === "/auth/v1/.well-known/jwks.json") {
      return Response.json(tokens.jwks, { headers: { "access-control-allow-origin": "*" } });
    }
    // lite has a page of its own for every other path.
    if (!/^\/(auth|rest|storage)\/v1\//.test(pathname)) {
      return errorAnswer("NOT_FOUND", "There is no such path");
    }
    const inward = await toLiteRequest(request, tokens, keys);
    if (inward instanceof Response) return inward;
    const answer = await upstreams.lite(inward);
    if (pathname.startsWith("/auth/v1/")) return await toHostedAuthAnswer(answer, tokens);
    if (pathname.startsWith("/rest/v1/")) return await toHostedRestAnswer(answer);
    return await toHostedStorageAnswer(answer, request);
  };
}

/** The request as lite takes it, or the answer to one that it would take for another. */
async function toLiteRequest(
  request: Request,
  tokens: TokenExchange,
  keys: Keys,
): Promise<Request | Response> {
  const headers = new Headers(request.headers);
  if (headers.get("apikey") === keys.cronKey) headers.set("apikey", keys.secretKey);

  const token = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (token?.startsWith("sb_")) {
    // supabase-js repeats the API key here; lite takes it from apikey only.
    headers.delete("authorization");
  } else if (token) {
    const inner = await tokens.inward(token);
    // lite would go on as if nobody had asked.
    if (inner === null) return refuse(401, "PGRST301", "The JWT is not valid");
    headers.set("authorization", `Bearer ${inner}`);
  }
  try {
    // A NUL would only fail in the database, and half an escape in lite.
    if (request.url.includes("%00")) throw new Error("NUL in the address");
    decodeURIComponent(new URL(request.url).pathname);
    const init = await toRawUpload(request, headers);
    return new Request(toLiteUrl(request.url), { method: request.method, headers, ...init });
  } catch {
    return refuse(400, "InvalidRequest", "The request cannot be read");
  }
}

/** storage-js escapes the plus of an object's name, and lite does not undo it. */
function toLiteUrl(address: string): URL {
  const url = new URL(address);
  if (url.pathname.startsWith("/storage/")) url.pathname = url.pathname.replace(/%2b/gi, "+");
  return url;
}

/** An error in the fields that PostgREST, Auth and Storage have in common. */
function refuse(status: number, code: string, message: string): Response {
  return Response.json({ statusCode: `${status}`, code, error: code, message }, {
    status,
    headers: { "access-control-allow-origin": "*" },
  });
}
