import type { CropContext } from "./prompt.ts";

/** What a crop's vector is made of: where it stands, then what was read of it, the best of it first. */
export function toPointerText(
  { pageName, title }: Pick<CropContext, "pageName" | "title">,
  embeddingText: string,
  description: string,
): string {
  return [`${pageName} › ${title}`, embeddingText, description]
    .filter((text) => text !== "").join("\n\n");
}
