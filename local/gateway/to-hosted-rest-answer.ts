/** Errors that PostgREST answers with a status and SQLSTATE, and @supabase/lite with a bare 500. */
const known = [
  { words: /violates check constraint/, code: "23514", status: 400 },
  { words: /canceling statement due to statement timeout/, code: "57014", status: 500 },
  { words: /deadlock detected/, code: "40P01", status: 500 },
  { words: /could not serialize access/, code: "40001", status: 500 },
  { words: /terminating connection due to administrator command/, code: "57P01", status: 503 },
  // lite spreads a list over the arguments of a function.
  { words: /cannot pass more than 100 arguments/, code: "54023", status: 400 },
  // PGlite says so before the database has seen it.
  { words: /^Invalid input for \w+ type$/, code: "22P02", status: 400 },
];

/** Gives an error of the REST API the status and code that hosted gives it. */
export async function toHostedRestAnswer(answer: Response): Promise<Response> {
  if (answer.status !== 500) return answer;
  const body = await answer.json();
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  const message = typeof body?.message === "string" ? body.message.replace(/^error: /i, "") : "";
  const error = known.find(({ words }) => words.test(message));
  return error
    ? Response.json({ ...body, code: error.code, message }, { status: error.status, headers })
    : Response.json(body, { status: 500, headers });
}
