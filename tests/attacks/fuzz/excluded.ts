import type { FuzzRequest } from "./any-request.ts";
import type { FuzzAnswer } from "./send.ts";

/** Failures that are not the product's, each with the reason. */
const excluded: { reason: string; is: (request: FuzzRequest, answer: FuzzAnswer) => boolean }[] = [
  {
    reason: "PostgREST, too, answers 500 to a write to a view: the database refuses it before it " +
      "asks for a right",
    is: (_, { text }) => text.includes('"55000"') && text.includes("view"),
  },
  {
    reason:
      "an error of @supabase/lite's own program, which stands for PostgREST on this machine: " +
      "no error that PostgreSQL raised is reported like this",
    is: (_, { text }) => /"code":"SUP".*"message":"(?!PostgresError)([A-Z]\w*)?Error: /.test(text),
  },
  {
    reason:
      "@supabase/lite's Storage answers so where the hosted one checks the fields of a call " +
      "by a schema; what an object's name does to our policies is seen where it is uploaded",
    is: ({ target }, { text }) =>
      /^\/storage\/v1\/object\/+(list|sign|copy)\b/.test(target) &&
      text.includes('"error":"server_error"'),
  },
];

/** Whether a 5xx is one that the platform, or what stands for it here, gives by itself. */
export function isExcluded(request: FuzzRequest, answer: FuzzAnswer): boolean {
  return excluded.some(({ is }) => is(request, answer));
}
