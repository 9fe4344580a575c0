import { z } from "zod";

/** The most pairs that one conversation may have. */
export const MAX_PAIRS = 2000;

/** One message of `conversation_history`. */
const HistoryMessage = z.looseObject({ role: z.string(), content: z.string() });

/**
 * One entry of `training_pairs`. `target_response` is null for a pair that is context only; a
 * pair without the key is refused, because then nobody can know which of the two it is.
 */
export const TrainingPair = z.looseObject({
  id: z.string().min(1),
  turn_number: z.number().nullish(),
  conversation_metadata: z.looseObject({}).nullish(),
  system_prompt: z.string().nullish(),
  conversation_history: z.array(HistoryMessage).nullish(),
  current_user_input: z.string().nullable(),
  target_response: z.string().nullable(),
  training_metadata: z
    .looseObject({ quality_score: z.number().nullish(), human_reviewed: z.boolean().nullish() })
    .nullish(),
});
export type TrainingPair = z.infer<typeof TrainingPair>;

/**
 * The enriched conversation of seed 004, "Individual Enriched JSON Structure": exact on the
 * fields that are used, open for all others. What it returns is for reading only; the bytes that
 * are passed through come from `ParsedConversation.pairs`.
 */
export const EnrichedConversation = z.looseObject({
  dataset_metadata: z
    .looseObject({
      created_date: z.string().nullish(),
      vertical: z.string().nullish(),
      total_conversations: z.number().nullish(),
      total_turns: z.number().nullish(),
    })
    .nullish(),
  consultant_profile: z.looseObject({}).nullish(),
  input_parameters: z.looseObject({}).nullish(),
  training_pairs: z.array(TrainingPair).min(1).max(MAX_PAIRS),
});
export type EnrichedConversation = z.infer<typeof EnrichedConversation>;
