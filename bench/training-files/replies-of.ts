import { z } from "zod";
import type { Reply } from "./count-lost.ts";

const Source = z.looseObject({
  training_pairs: z.array(z.looseObject({ id: z.string(), target_response: z.string().nullish() })),
});

/** The replies of an enriched conversation, read with nothing but `JSON.parse`. */
export function repliesOf(conversation_id: string, bytes: Uint8Array): Reply[] {
  const { training_pairs } = Source.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return training_pairs.flatMap(({ id: pair_id, target_response: text }) =>
    typeof text === "string" ? [{ conversation_id, pair_id, text }] : []
  );
}
