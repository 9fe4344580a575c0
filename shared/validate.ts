import type { z } from "zod";
import { ApiError } from "./errors.ts";

/** What one error body says at most of a request, since it repeats keys that the caller chose. */
const maxDetails = 20;
const maxDetailLength = 200;

/** A part of a request by its schema; nothing without one. Throws INVALID_REQUEST with the path of each problem. */
export function validate<S extends z.ZodType>(schema: S | undefined, value: unknown): z.output<S> {
  const result = schema?.safeParse(value);
  if (result === undefined) return undefined as z.output<S>;
  if (result.success) return result.data;
  throw new ApiError("INVALID_REQUEST", "The request is not valid", {
    details: result.error.issues.slice(0, maxDetails).map(({ path, message }) => ({
      path: path.join(".").slice(0, maxDetailLength),
      message: message.slice(0, maxDetailLength),
    })),
  });
}
