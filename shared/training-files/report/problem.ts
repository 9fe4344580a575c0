import { z } from "zod";
import { cleanText } from "../conversation/clean-text.ts";
import { REPORT_CODES, type ReportCodeName } from "./report-codes.ts";

const Code = z.custom<ReportCodeName>((value) =>
  typeof value === "string" && Object.hasOwn(REPORT_CODES, value)
);

/**
 * One finding in one conversation, as a snapshot stores it. It names no conversation and no
 * line, since equal content shares one snapshot; `reportRows` adds both.
 */
export const Problem = z.strictObject({
  /** Index in `training_pairs`, from 0; null when it is about the whole conversation. */
  pair_index: z.number().int().nullable(),
  pair_id: z.string().nullable(),
  code: Code,
  level: z.enum(["error", "warning", "info"]),
  message: z.string(),
  /** True if the exports hold the pair all the same, because the fault was repaired. */
  fixed: z.boolean(),
  /** True if the pair has a target and no trainer export has a row for it, for this reason. */
  excluded: z.boolean(),
});
export type Problem = z.infer<typeof Problem>;

/** The part of a problem that is not its code and its sentence. */
export type ProblemPlace = Partial<Omit<Problem, "code" | "message">>;

/** Makes a problem; the level comes from the code, ids and message are made safe to store. */
export function problem(code: ReportCodeName, message: string, place: ProblemPlace = {}): Problem {
  return {
    pair_index: place.pair_index ?? null,
    pair_id: place.pair_id == null ? null : cleanText(place.pair_id, 120),
    code,
    level: place.level ?? REPORT_CODES[code].level,
    message: cleanText(message),
    fixed: place.fixed ?? false,
    excluded: place.excluded ?? false,
  };
}
