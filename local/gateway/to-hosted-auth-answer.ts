import type { TokenExchange } from "./token-exchange.ts";

/** Replaces the access token in an answer of the auth API by one that clients can verify. */
export async function toHostedAuthAnswer(
  answer: Response,
  tokens: TokenExchange,
): Promise<Response> {
  if (!answer.ok || !answer.headers.get("content-type")?.startsWith("application/json")) {
    return answer;
  }
  const body = await answer.json();
  if (typeof body?.access_token === "string") {
    body.access_token = await tokens.outward(body.access_token);
  }
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  return new Response(JSON.stringify(body), { status: answer.status, headers });
}
