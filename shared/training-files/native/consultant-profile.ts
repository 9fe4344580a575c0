import type { FileEntry } from "../file-entry.ts";
import { TrainingFileError } from "../training-file-error.ts";

/** Conversations that an error names. */
const NAMED = 80;

/**
 * Finds the one consultant profile of a file. Profiles are equal if their values are, whatever
 * the order of their keys; a conversation without one agrees with all.
 */
export function consultantProfileBuilder() {
  let first: FileEntry | null = null;
  const others: FileEntry[] = [];
  return {
    add(entry: FileEntry): void {
      const hash = entry.snapshot.consultant_profile_sha256;
      if (hash === null) return;
      first ??= entry;
      const isOther = hash !== first.snapshot.consultant_profile_sha256;
      if (isOther && others.length < NAMED) others.push(entry);
    },
    /** The profile's JSON text; throws `CONSULTANT_PROFILE_MISMATCH`. */
    build(): string | null {
      if (others.length > 0 && first) throw mismatch(first, others);
      return first?.snapshot.consultant_profile ?? null;
    },
  };
}

function mismatch(first: FileEntry, others: readonly FileEntry[]): TrainingFileError {
  const reason = `its consultant_profile is not that of conversation ${first.conversation_id}`;
  return new TrainingFileError(
    "CONSULTANT_PROFILE_MISMATCH",
    "The conversations have more than one consultant profile",
    {
      details: others.map((entry) => ({ conversation_id: entry.conversation_id, reason })),
      hint: "Make one training file for each consultant",
    },
  );
}
