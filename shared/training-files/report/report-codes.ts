/** How much a report row matters: `strict` refuses on `error`. */
export type Level = "error" | "warning" | "info";

/** One code of the validation report. */
export interface ReportCode {
  /** The level of its rows, unless the row says otherwise. */
  readonly level: Level;
  readonly title: string;
}

/**
 * The codes of `training-files.md`, "Validation report". E01–E08 and W-codes are found in one
 * conversation, E11 across a conversation's pairs, W14, W18 and W20 across a file, E21 and E22
 * while a version is written.
 */
export const REPORT_CODES = {
  E01: { level: "error", title: "not UTF-8, a NUL or a lone surrogate" },
  E02: { level: "error", title: "role unknown" },
  E03: { level: "error", title: "does not start with the user" },
  E04: { level: "error", title: "roles do not alternate" },
  E05: { level: "error", title: "last message is not the assistant's" },
  E06: { level: "error", title: "empty content" },
  E07: { level: "error", title: "target missing" },
  E08: { level: "error", title: "history repeats the input" },
  E09: { level: "error", title: "history is not a prefix of the next pair's" },
  E10: { level: "error", title: "turn numbers" },
  E11: { level: "error", title: "duplicate id" },
  E12: { level: "error", title: "scaffolding missing or contradicted" },
  E13: { level: "error", title: "score outside 1–5" },
  W14: { level: "warning", title: "scores do not vary" },
  W15: { level: "warning", title: "more than one system prompt" },
  W16: { level: "warning", title: "[object Object], mojibake or an unreplaced placeholder" },
  W18: { level: "warning", title: "near-duplicate" },
  W19: { level: "warning", title: "looks like personal data" },
  W20: { level: "warning", title: "over the token limit" },
  E21: { level: "error", title: "totals differ from the recount" },
  E22: { level: "error", title: "source changed since it was pinned" },
} as const satisfies Record<string, ReportCode>;

/** `E01` … `E22`. */
export type ReportCodeName = keyof typeof REPORT_CODES;
