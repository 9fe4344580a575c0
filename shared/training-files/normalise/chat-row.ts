/** One message of a training row. */
export interface ChatMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/**
 * What every trainer export is made from: user and assistant in turn, the user first, the
 * assistant last, no empty content, no NUL, no lone surrogate. `checkTranscript` holds it.
 */
export interface ChatRow {
  /** Null if the source has none; never empty. */
  readonly system: string | null;
  readonly messages: readonly ChatMessage[];
}
