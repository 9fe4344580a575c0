/**
 * PostgREST answers a broken check constraint with 400 and its SQLSTATE, and so it does a value that
 * is not of its column's type and a list for a function; @supabase/lite answers these with 500.
 */
export async function toHostedRestAnswer(answer: Response): Promise<Response> {
  if (answer.status !== 500) return answer;
  const body = await answer.json();
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  const code = codeOf(typeof body?.message === "string" ? body.message : "");
  return code
    ? Response.json({ ...body, code, message: body.message.replace(/^error: /i, "") }, {
      status: 400,
      headers,
    })
    : Response.json(body, { status: 500, headers });
}

function codeOf(message: string): string | undefined {
  if (message.includes("violates check constraint")) return "23514";
  // lite spreads a list over the arguments of a function.
  if (message.includes("cannot pass more than 100 arguments")) return "54023";
  // PGlite says so before the database has seen it.
  if (/^Error: Invalid input for \w+ type$/.test(message)) return "22P02";
}
