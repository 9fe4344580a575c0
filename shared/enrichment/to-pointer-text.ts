import type { CropContext } from "./prompt.ts";

/** Characters; models take some 8,000 tokens, and a token of drawings' text may be two characters. */
const maxLength = 16_000;

/** What a crop's vector is made of: where it stands, then what was read of it. */
export function toPointerText(
  { pageName, title }: Pick<CropContext, "pageName" | "title">,
  embeddingText: string,
  description: string,
): string {
  return [`${pageName} › ${title}`, embeddingText, description]
    .filter((text) => text !== "").join("\n\n").slice(0, maxLength).toWellFormed();
}
