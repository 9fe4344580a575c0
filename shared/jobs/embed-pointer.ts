import { cutToTokens } from "../knowledge/cut-to-tokens.ts";
import { tokenFill } from "../providers/embed-texts.ts";
import type { Embedder } from "../providers/embedder.ts";
import { ProviderError } from "../providers/provider-error.ts";
import type { createLaneCalls } from "./lane-calls.ts";
import type { Lease } from "./lease-keeper.ts";

interface Means {
  embedder: Embedder;
  takeCall: ReturnType<typeof createLaneCalls>;
  lease: Lease;
}

/** Below the limit of any model: what is refused at this length is not refused for it. */
const leastTokens = 128;

/**
 * The vector of what was read of a crop, of as much of it as the model takes; null when it takes
 * none. Each request is paid for out of the lane's budget and booked. Throws `ProviderError` for
 * what has to do with no text in particular.
 */
export async function embedPointer(
  text: string,
  { embedder, takeCall, lease }: Means,
): Promise<number[] | null> {
  const { provider, model, limits } = embedder;
  let maxTokens = Math.floor(limits.tokensOfText * tokenFill);
  for (;;) {
    const cut = await cutToTokens(text, maxTokens);
    await takeCall(cut.tokenCount, lease.signal);
    try {
      const { vectors, tokens } = await embedder.embed([cut.text], { signal: lease.signal });
      lease.addUsage({ provider, model, input_tokens: tokens, output_tokens: 0 });
      return vectors[0]!;
    } catch (error) {
      if (!(error instanceof ProviderError) || error.refusal !== "input_rejected") throw error;
      // A compatible server may take less than the model that it is compatible with.
      maxTokens = Math.floor(cut.tokenCount / 2);
      if (maxTokens < leastTokens) return null;
    }
  }
}
