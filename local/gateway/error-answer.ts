import { type ErrorCode, errorStatus } from "../../shared/errors.ts";

/** The contract's error answer, for what fails before a function can give its own. */
export function errorAnswer(
  code: ErrorCode,
  message: string,
  hint: string | null = null,
): Response {
  return Response.json({ code, message, details: null, hint }, {
    status: errorStatus[code],
    headers: {
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "x-request-id",
      "x-request-id": crypto.randomUUID(),
    },
  });
}
