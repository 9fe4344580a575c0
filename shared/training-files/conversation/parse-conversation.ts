import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { TrainingFileError } from "../training-file-error.ts";
import { EnrichedConversation } from "./enriched-conversation.ts";
import { findFlaws, type Flaw, mayHaveFlaws } from "./find-flaws.ts";
import { formatPath } from "./json-path.ts";
import { parseLossless } from "./lossless-json.ts";
import { scanJson } from "./scan-json.ts";

/** The largest enriched conversation, in bytes; real ones have about 56,000. */
export const MAX_CONVERSATION_BYTES = 8 * 1024 * 1024;

/** The deepest nesting; the deepest value that seed 004 shows is at 5. */
export const MAX_CONVERSATION_DEPTH = 64;

export interface ParseOptions {
  /** `conversations.conversation_id`, for error messages and for what is written later. */
  readonly conversationId: string;
  /**
   * Lower-case hex of the bytes, where the caller has it: `crypto.subtle` hashes several times as
   * fast as this synchronous function can.
   */
  readonly sha256?: string;
  readonly maxBytes?: number;
  readonly maxDepth?: number;
}

/** One enriched conversation, read once. */
export interface ParsedConversation {
  readonly conversationId: string;
  /** Lower-case hex, of the bytes as they were stored. */
  readonly sha256: string;
  readonly byteLength: number;
  /** The checked value, for reading. */
  readonly data: EnrichedConversation;
  /** The pairs as they came, for writing: unknown fields and number letters kept. */
  readonly pairs: readonly Record<string, unknown>[];
  /** `consultant_profile` as compact JSON text, null if the file has none. */
  readonly consultantProfile: string | null;
  /** NULs and lone surrogates, wherever they are. */
  readonly flaws: readonly Flaw[];
}

/**
 * Reads an enriched conversation from the bytes of its object.
 *
 * Throws `TrainingFileError` `CONVERSATION_TOO_LARGE`, or `CONVERSATION_INVALID` with
 * `details: [{ conversation_id, field, reason }]`: bytes that are not UTF-8 (report code E01),
 * text that is not JSON, nesting beyond the cap, a number beyond the double range, a field that
 * is missing or of another type.
 */
export function parseConversation(bytes: Uint8Array, options: ParseOptions): ParsedConversation {
  const { conversationId, maxBytes = MAX_CONVERSATION_BYTES } = options;
  if (bytes.byteLength > maxBytes) throw tooLarge(conversationId, bytes.byteLength, maxBytes);
  const text = decode(bytes, conversationId);
  const scan = scanJson(text);
  const maxDepth = options.maxDepth ?? MAX_CONVERSATION_DEPTH;
  if (scan.depth > maxDepth) {
    throw invalid(conversationId, [{ field: "(root)", reason: `nests deeper than ${maxDepth}` }]);
  }
  const value = parseJson(text, conversationId);
  const flaws = mayHaveFlaws(text, scan) ? findFlaws(value) : [];
  refuseInfinity(flaws, conversationId);
  const data = check(value, conversationId);
  const source = scan.hasExactNumbers ? value : parseLossless(text);
  return {
    conversationId,
    sha256: options.sha256 ?? bytesToHex(sha256(bytes)),
    byteLength: bytes.byteLength,
    data,
    pairs: pairsOf(source),
    consultantProfile: data.consultant_profile ? profileOf(source) : null,
    flaws,
  };
}

function decode(bytes: Uint8Array, conversationId: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(conversationId, [{ field: "(root)", reason: "E01: is not UTF-8" }], cause);
  }
}

function parseJson(text: string, conversationId: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const position = /position (\d+)/.exec(String(cause))?.[1];
    const reason = position ? `is not JSON, at character ${position}` : "is not JSON";
    throw invalid(conversationId, [{ field: "(root)", reason }], cause);
  }
}

function refuseInfinity(flaws: readonly Flaw[], conversationId: string): void {
  const infinite = flaws.filter((flaw) => flaw.kind === "infinite number").slice(0, 10);
  if (infinite.length === 0) return;
  const reason = "is a number beyond the range of a double";
  throw invalid(conversationId, infinite.map(({ path }) => ({ field: formatPath(path), reason })));
}

function check(value: unknown, conversationId: string): EnrichedConversation {
  const result = EnrichedConversation.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 10);
  throw invalid(
    conversationId,
    issues.map(({ path, message }) => ({ field: formatPath(path), reason: message })),
  );
}

function invalid(
  conversationId: string,
  problems: readonly { field: string; reason: string }[],
  cause?: unknown,
): TrainingFileError {
  const first = problems[0];
  return new TrainingFileError(
    "CONVERSATION_INVALID",
    `Conversation ${conversationId} cannot be read: ${first?.field} ${first?.reason}`,
    {
      details: problems.map((problem) => ({ conversation_id: conversationId, ...problem })),
      hint: "Upload the enriched conversation again in the shape of seed 004",
      cause,
    },
  );
}

function tooLarge(conversationId: string, size: number, limit: number): TrainingFileError {
  return new TrainingFileError(
    "CONVERSATION_TOO_LARGE",
    `Conversation ${conversationId} has ${size} bytes, more than the ${limit} allowed`,
    { details: [{ conversation_id: conversationId, size_bytes: size, limit_bytes: limit }] },
  );
}

function pairsOf(source: unknown): Record<string, unknown>[] {
  const pairs = isRecord(source) ? source["training_pairs"] : [];
  return Array.isArray(pairs) ? pairs.filter(isRecord) : [];
}

function profileOf(source: unknown): string | null {
  return isRecord(source) ? JSON.stringify(source["consultant_profile"]) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
