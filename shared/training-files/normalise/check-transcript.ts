import { flawOfText } from "../conversation/find-flaws.ts";
import type { ReportCodeName } from "../report/report-codes.ts";

/** Why a transcript is no training row. */
export interface TranscriptFault {
  readonly code: ReportCodeName;
  readonly message: string;
}

/**
 * The rule that every consumer shares: known roles, the user first, strict alternation, the
 * assistant last, no empty or unstorable content. Returns the first fault, or null.
 */
export function checkTranscript(
  messages: readonly { role: string; content: string }[],
): TranscriptFault | null {
  for (const [index, { role, content }] of messages.entries()) {
    const place = `message ${index + 1}`;
    if (role !== "user" && role !== "assistant") {
      return { code: "E02", message: `${place} has the unknown role ${JSON.stringify(role)}` };
    }
    if (index === 0 && role !== "user") {
      return { code: "E03", message: `the conversation starts with the ${role}` };
    }
    if (index > 0 && role === messages[index - 1]?.role) {
      return { code: "E04", message: `${place} is a second ${role} message in a row` };
    }
    if (content.trim() === "") return { code: "E06", message: `${place} (${role}) is empty` };
    const flaw = flawOfText(content);
    if (flaw) return { code: "E01", message: `${place} (${role}) holds a ${flaw}` };
  }
  if (messages.at(-1)?.role !== "assistant") {
    return { code: "E05", message: "the last message is not the assistant's" };
  }
  return null;
}
