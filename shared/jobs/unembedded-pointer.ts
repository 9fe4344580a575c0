import { toPointerText } from "../enrichment/to-pointer-text.ts";
import { cutToTokens } from "../knowledge/cut-to-tokens.ts";
import { type CountedText, tokenFill } from "../providers/embed-texts.ts";
import type { Embedder } from "../providers/embedder.ts";
import type { Embedders } from "../providers/embedders.ts";
import { createSwitchEmbedder } from "./create-switch-embedder.ts";
import { type PointerSource, toCropContext } from "./pointer-source.ts";

/** What has been read of a crop, and by what it gets its vector. */
export interface UnembeddedPointer {
  text: CountedText;
  embedder: Embedder;
}

/**
 * The embedder of the organisation's model; during a switch, for what is known, of the next. Throws
 * `PermanentError` EMBEDDING_SWITCH_FAILED when there is no key for the next.
 */
export function toEmbedder(
  embedders: Embedders,
  source: PointerSource,
  isKnown: boolean,
): Embedder {
  return isKnown && source.next_embedding_model
    ? createSwitchEmbedder(embedders, source.next_embedding_model)
    : embedders.of(source.org_embedding_model ?? embedders.defaultModel);
}

/** What is embedded of a reading: as much as the model takes. */
export async function toUnembedded(
  source: PointerSource,
  read: Pick<PointerSource, "description" | "embedding_text">,
  embedder: Embedder,
): Promise<UnembeddedPointer> {
  const text = toPointerText(toCropContext(source), read.embedding_text, read.description);
  const tokens = Math.floor(embedder.limits.tokensOfText * tokenFill);
  return { text: await cutToTokens(text, tokens), embedder };
}
