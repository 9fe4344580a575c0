import { z } from "zod";

/**
 * Reads an environment through a schema. A variable that is set to nothing is not set, as a copied
 * `.env.example` leaves it. Throws with the name of each variable that is wrong, never its value.
 */
export function parseEnv<S extends z.ZodType>(
  schema: S,
  environment: Record<string, string>,
): z.output<S> {
  const set = Object.entries(environment).filter(([, value]) => value !== "");
  const result = schema.safeParse(Object.fromEntries(set));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error(`the environment is not valid: ${problems.join("; ")}`);
}
