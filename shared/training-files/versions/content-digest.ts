import { canonicalJson } from "../canonical-json.ts";
import { sha256Text } from "../sha256-text.ts";
import type { SplitPart } from "../split/split-of.ts";

/** One source of a version. */
export interface DigestSource {
  readonly conversation_id: string;
  readonly sha256: string;
  readonly split: SplitPart | null;
}

/**
 * Names the content of a version: sha256, lower-case hex, over the file's name, the options and
 * each source in its place. Same digest, same bytes, apart from the two dates.
 */
export function contentDigest(
  name: string,
  options: unknown,
  sources: readonly DigestSource[],
): string {
  const places = sources.map(({ conversation_id: id, sha256, split }, position) => [
    position,
    id,
    sha256,
    split,
  ]);
  return sha256Text(canonicalJson({ name, options, sources: places }));
}
