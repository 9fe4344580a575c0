/** Errors that PostgREST answers with a status and SQLSTATE, and @supabase/lite with a bare 500. */
const known = [
  { words: "violates check constraint", code: "23514", status: 400 },
  { words: "canceling statement due to statement timeout", code: "57014", status: 500 },
];

/** Gives an error of the REST API the status and code that hosted gives it. */
export async function toHostedRestAnswer(answer: Response): Promise<Response> {
  if (answer.status !== 500) return answer;
  const body = await answer.json();
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  const message = typeof body?.message === "string" ? body.message.replace(/^error: /, "") : "";
  const error = known.find(({ words }) => message.includes(words));
  return error
    ? Response.json({ ...body, code: error.code, message }, { status: error.status, headers })
    : Response.json(body, { status: 500, headers });
}
