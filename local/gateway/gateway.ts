import type { TokenExchange } from "./token-exchange.ts";
import { toRawUpload } from "./to-raw-upload.ts";
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
    const inward = await toLiteRequest(request, tokens, keys);
    const answer = await upstreams.lite(inward);
    if (pathname.startsWith("/auth/v1/")) return await toHostedAuthAnswer(answer, tokens);
    if (pathname.startsWith("/storage/v1/")) return await toHostedStorageAnswer(answer, pathname);
    return answer;
  };
}

async function toLiteRequest(
  request: Request,
  tokens: TokenExchange,
  keys: Keys,
): Promise<Request> {
  const headers = new Headers(request.headers);
  if (headers.get("apikey") === keys.cronKey) headers.set("apikey", keys.secretKey);

  const token = /^Bearer (.+)$/.exec(headers.get("authorization") ?? "")?.[1];
  if (token?.startsWith("sb_")) {
    // supabase-js repeats the API key here; lite takes it from apikey only.
    headers.delete("authorization");
  } else if (token) {
    headers.set("authorization", `Bearer ${await tokens.inward(token) ?? "invalid"}`);
  }
  const init = await toRawUpload(request, headers);
  return new Request(request.url, { method: request.method, headers, ...init });
}
