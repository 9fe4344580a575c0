import type { User } from "./user.ts";

/** What tells one made-up conversation from another. */
export interface ConversationShape {
  /** Pairs with a target. */
  pairs?: number;
  /** Pairs without one, at the end. */
  openPairs?: number;
  /** Quality score of every pair. */
  score?: number;
  isReviewed?: boolean;
  persona?: string;
  /** Words that no other conversation has, so that it is nobody's near-duplicate. */
  words?: string;
  /** Goes to the front of every reply, to make a conversation large. */
  padding?: string;
  consultant?: Record<string, unknown>;
}

/** An enriched conversation in the shape of seed 004. */
export function enrichedConversation(shape: ConversationShape = {}): Record<string, unknown> {
  const { pairs = 2, openPairs = 0, persona = "anxious_planner" } = shape;
  const { words = uniqueWords(), consultant = { name: "Elena Morales, CFP" } } = shape;
  const question = (turn: number) => `Question ${turn} about ${words}?`;
  const reply = (turn: number) => `${shape.padding ?? ""}Answer ${turn}: ${words} — “gut”, 好.`;
  return {
    dataset_metadata: { created_date: "2025-12-01", vertical: "financial_planning_consultant" },
    consultant_profile: consultant,
    input_parameters: {
      persona_key: persona,
      persona_name: persona,
      emotional_arc_key: "fear_to_confidence",
      emotional_arc_name: "Fear → Confidence",
      training_topic_key: "debt_consolidation",
      training_topic_name: "Debt Consolidation",
    },
    training_pairs: Array.from({ length: pairs + openPairs }, (_, index) => ({
      id: `turn${index + 1}`,
      conversation_id: "debt",
      turn_number: index + 1,
      conversation_metadata: { conversation_phase: "opening" },
      system_prompt: "You are kind.",
      conversation_history: Array.from({ length: index }, (_, turn) => [
        { role: "user", content: question(turn + 1) },
        { role: "assistant", content: reply(turn + 1) },
      ]).flat(),
      current_user_input: question(index + 1),
      emotional_context: { detected_emotions: { primary: "fear", primary_confidence: 0.70 } },
      target_response: index < pairs ? reply(index + 1) : null,
      training_metadata: {
        quality_score: shape.score ?? 4,
        human_reviewed: shape.isReviewed ?? false,
      },
    })),
  };
}

/** Twelve words that are in no other conversation. */
function uniqueWords(): string {
  return Array.from({ length: 3 }, () => crypto.randomUUID().replaceAll("-", " ")).join(" ");
}

/** Uploads an enriched conversation as a browser does, at the path that its row will name. */
export async function uploadConversation(
  { client, id: userId }: Pick<User, "client" | "id">,
  conversationId: string,
  content: unknown,
): Promise<void> {
  const bytes = content instanceof Uint8Array
    ? content
    : new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content));
  const { error } = await client.storage.from("conversation-files").upload(
    `${userId}/${conversationId}/enriched.json`,
    bytes,
    { contentType: "application/json", upsert: true },
  );
  if (error) throw new Error("the conversation was not stored", { cause: error });
}

/** Inserts the row of a conversation that its user has uploaded. */
export async function insertConversation(
  { client, id: userId, orgId }: Pick<User, "client" | "id" | "orgId">,
  conversationId: string,
  status = "completed",
): Promise<void> {
  const { error } = await client.from("conversations").insert({
    org_id: orgId,
    conversation_id: conversationId,
    enriched_file_path: `${userId}/${conversationId}/enriched.json`,
    enrichment_status: status,
  });
  if (error) throw new Error("no row", { cause: error });
}

/** Brings a conversation in as a browser does: its bytes, then its row. Returns its id. */
export async function addConversation(
  user: Pick<User, "client" | "id" | "orgId">,
  { content, id = crypto.randomUUID(), status, ...shape }: ConversationShape & {
    /** Instead of a made-up one: a value, JSON text or bytes. */
    content?: unknown;
    id?: string;
    status?: string;
  } = {},
): Promise<string> {
  await uploadConversation(user, id, content ?? enrichedConversation(shape));
  await insertConversation(user, id, status);
  return id;
}

/** Brings in so many conversations of one shape, no two alike. */
export async function addConversations(
  user: User,
  count: number,
  shape: ConversationShape = {},
): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const slice = Array.from({ length: Math.min(10, count - ids.length) });
    ids.push(...await Promise.all(slice.map(() => addConversation(user, shape))));
  }
  return ids;
}
