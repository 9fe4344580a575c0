import { canonicalJson } from "../canonical-json.ts";
import type { Granularity } from "../normalise/normalise-conversation.ts";
import { sha256Text } from "../sha256-text.ts";
import type { SplitPart } from "../split/split-of.ts";
import { EXPORT_FORMATS, type ExportFormat } from "./formats.ts";

/** Which replies of a row are trained: all, or the last. */
export type Loss = "all" | "last";

/** One part of a deterministic split. */
export interface SplitOptions {
  readonly part: SplitPart;
  /** 0–100, of groups of conversations. */
  readonly validation_percent: number;
  readonly seed: string;
}

/** All that decides the bytes of an export, beside the conversations and the file's name. */
export interface ExportOptions {
  readonly format: ExportFormat;
  readonly granularity: Granularity;
  readonly loss: Loss;
  /** Null: every conversation. */
  readonly split: SplitOptions | null;
}

/** What a caller asks for; the rest is filled in. */
export interface ExportRequest {
  readonly format: ExportFormat;
  readonly granularity?: Granularity | undefined;
  readonly loss?: Loss | undefined;
  readonly split?: SplitOptions | null | undefined;
}

/**
 * Fills in the defaults: the format's granularity; `loss=all` for a row a conversation and
 * `last` for a row a pair, so that by default each reply is trained exactly once.
 */
export function exportOptions(request: ExportRequest): ExportOptions {
  const granularity = request.granularity ?? EXPORT_FORMATS[request.format].defaultGranularity;
  return {
    format: request.format,
    granularity,
    loss: request.loss ?? (granularity === "pair" ? "last" : "all"),
    split: request.split ?? null,
  };
}

/** Lower-case hex; equal for equal options. For `training_artifacts.options_hash`. */
export function optionsHash(options: ExportOptions): string {
  return sha256Text(canonicalJson(options));
}
