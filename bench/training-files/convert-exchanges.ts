import { z } from "zod";

/** One row of the set retail-banking-advisor: a client's words and the advisor's reply. */
const Exchange = z.looseObject({
  id_conversation: z.guid(),
  topic: z.string(),
  sequence: z.int(),
  rol1: z.string(),
  rol2: z.string(),
});
type Exchange = z.infer<typeof Exchange>;

/**
 * The enriched conversations that a list of exchanges makes, by id: one pair an exchange, with all
 * before it as history. What the set does not know (persona, arc, scores) is left out. Throws
 * `ZodError` on another list.
 */
export function convertExchanges(rows: unknown): Map<string, Uint8Array<ArrayBuffer>> {
  const byId = Map.groupBy(Exchange.array().parse(rows), (row) => row.id_conversation);
  return new Map([...byId].map(([id, exchanges]) => {
    const ordered = exchanges.toSorted((a, b) => a.sequence - b.sequence);
    return [id, new TextEncoder().encode(JSON.stringify(toConversation(ordered)))];
  }));
}

function toConversation(exchanges: Exchange[]) {
  const topic = exchanges[0]!.topic;
  return {
    dataset_metadata: { vertical: "retail_banking_advisor", total_turns: exchanges.length },
    input_parameters: {
      training_topic_key: topic.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_"),
      training_topic_name: topic,
    },
    training_pairs: exchanges.map(({ sequence, rol1, rol2 }, index) => ({
      id: `turn${sequence + 1}`,
      turn_number: sequence + 1,
      conversation_history: exchanges.slice(0, index).flatMap((earlier) => [
        { role: "user", content: earlier.rol1 },
        { role: "assistant", content: earlier.rol2 },
      ]),
      current_user_input: rol1,
      target_response: rol2,
    })),
  };
}
