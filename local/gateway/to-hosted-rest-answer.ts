/**
 * PostgREST answers a broken check constraint with 400 and its SQLSTATE, and a value that is not of
 * its column's type with 400; @supabase/lite answers both with 500.
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
  // PGlite says so before the database has seen it.
  if (/^Error: Invalid input for \w+ type$/.test(message)) return "22P02";
}
