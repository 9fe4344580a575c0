import type { Granularity } from "../normalise/normalise-conversation.ts";

/** How a format is named, stored and built by default. */
export interface ExportFormatInfo {
  readonly extension: "jsonl" | "zip";
  readonly contentType: "application/jsonl" | "application/zip";
  readonly defaultGranularity: Granularity;
}

const CHAT: ExportFormatInfo = {
  extension: "jsonl",
  contentType: "application/jsonl",
  defaultGranularity: "conversation",
};
const PROMPT: ExportFormatInfo = { ...CHAT, defaultGranularity: "pair" };
const ZIP: ExportFormatInfo = { ...CHAT, extension: "zip", contentType: "application/zip" };

/**
 * The trainer exports. Chat formats have one row a conversation by default; Alpaca and TRL's
 * prompt and completion train one reply a row, so theirs is one row a pair.
 */
export const EXPORT_FORMATS = {
  openai: CHAT,
  messages: CHAT,
  sharegpt: CHAT,
  alpaca: PROMPT,
  trl: PROMPT,
  llamafactory: ZIP,
  axolotl: ZIP,
} as const satisfies Record<string, ExportFormatInfo>;

/** `openai` … `axolotl`. */
export type ExportFormat = keyof typeof EXPORT_FORMATS;
