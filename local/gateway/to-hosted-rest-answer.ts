/** PostgREST answers a broken check constraint with 400 and its SQLSTATE, @supabase/lite with 500. */
export async function toHostedRestAnswer(answer: Response): Promise<Response> {
  if (answer.status !== 500) return answer;
  const body = await answer.json();
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  const isCheck = typeof body?.message === "string" &&
    body.message.includes("violates check constraint");
  return isCheck
    ? Response.json({ ...body, code: "23514", message: body.message.replace(/^error: /, "") }, {
      status: 400,
      headers,
    })
    : Response.json(body, { status: 500, headers });
}
