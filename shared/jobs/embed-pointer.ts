import { cutToTokens } from "../knowledge/cut-to-tokens.ts";
import type { CountedText } from "../providers/embed-texts.ts";
import type { Embedder } from "../providers/embedder.ts";
import { ProviderError } from "../providers/provider-error.ts";
import type { createLaneCalls } from "./lane-calls.ts";
import type { Lease } from "./lease-keeper.ts";

interface Means {
  embedder: Embedder;
  /** For calls beyond the first. */
  takeCall: ReturnType<typeof createLaneCalls>;
  lease: Lease;
}

/** Below the limit of any model: what is refused at this length is not refused for it. */
const leastTokens = 128;

/**
 * The vector of what was read of a crop, or of as much of it as the model takes; null when it takes
 * none. The first call is paid for, each further one here; what they consume is booked. Throws
 * `ProviderError` for what has to do with no text in particular.
 */
export async function embedPointer(
  read: CountedText,
  { embedder, takeCall, lease }: Means,
): Promise<number[] | null> {
  const { provider, model } = embedder;
  for (let { text, tokenCount } = read;;) {
    try {
      const { vectors, tokens } = await embedder.embed([text], { signal: lease.signal });
      lease.addUsage({ provider, model, input_tokens: tokens, output_tokens: 0 });
      return vectors[0]!;
    } catch (error) {
      if (!(error instanceof ProviderError) || error.refusal !== "input_rejected") throw error;
    }
    // A compatible server may take less than the model that it is compatible with.
    const half = Math.floor(tokenCount / 2);
    if (half < leastTokens) return null;
    ({ text, tokenCount } = await cutToTokens(text, half));
    await takeCall(tokenCount, lease.signal);
  }
}
