import type { FuzzRequest } from "./any-request.ts";
import type { FuzzAnswer } from "./send.ts";

/** Failures that are not the product's, each with the reason. */
const excluded: { reason: string; is: (request: FuzzRequest, answer: FuzzAnswer) => boolean }[] = [
  {
    reason: "PostgREST, too, answers 500 to a write to a view: the database refuses it before it " +
      "asks for a right",
    is: (_, { text }) => text.includes('"55000"') && text.includes("view"),
  },
];

/** Whether a 5xx is one that the platform gives by itself. */
export function isExcluded(request: FuzzRequest, answer: FuzzAnswer): boolean {
  return excluded.some(({ is }) => is(request, answer));
}
