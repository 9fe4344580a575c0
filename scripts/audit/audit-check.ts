import { z } from "zod";

/** Something that does not agree with something else. */
export const Difference = z.strictObject({
  /** Of the row or object that it is about. */
  id: z.string(),
  detail: z.string(),
});
export type Difference = z.output<typeof Difference>;

/** One question to the data and its answer, as `private.audit_installation` writes it. */
export const AuditCheck = z.strictObject({
  part: z.string(),
  check: z.string(),
  difference_count: z.number(),
  /** The first thousand, by id. */
  differences: z.array(Difference),
  /** What to do about them; null when there are none. */
  hint: z.string().nullable(),
});
export type AuditCheck = z.output<typeof AuditCheck>;
