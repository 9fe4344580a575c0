import type { z } from "zod";
import { ProviderError } from "./provider-error.ts";

/**
 * The JSON that a model answered, checked by its schema. Some put it into a fence, or words around
 * it. Throws `ProviderError`: another answer to the same question may be better.
 */
export function readAnswer<T>(text: string, schema: z.ZodType<T>): T {
  const start = text.indexOf("{");
  const end = text.lastIndexOf("}");
  try {
    return schema.parse(JSON.parse(text.slice(Math.max(start, 0), end + 1)));
  } catch (cause) {
    throw new ProviderError("the vision provider's answer is not in the form that was asked for", {
      cause,
    });
  }
}
