import { z } from "zod";

/** One question about an installation and its answer, as `private.validate_installation` writes it. */
export const Check = z.strictObject({
  check: z.string(),
  /** Null when it could not be asked; `detail` says why. */
  ok: z.boolean().nullable(),
  detail: z.string(),
  /** What to do about it; null when nothing is. */
  hint: z.string().nullable(),
});
export type Check = z.output<typeof Check>;

/** The line for what was found: nothing wrong, or the first of what is, with what to do. */
export function toCheck(
  check: string,
  problems: { detail: string; hint: string }[],
  detail: string,
): Check {
  const [first] = problems;
  if (!first) return { check, ok: true, detail, hint: null };
  const others = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  return { check, ok: false, detail: first.detail + others, hint: first.hint };
}

/** The line for what could not be asked. */
export function notAsked(check: string, why: string): Check {
  return { check, ok: null, detail: why, hint: null };
}
