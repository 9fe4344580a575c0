import { z } from "zod";
import type { Answer } from "../../http.ts";
import { beginOnce } from "./begin-once.ts";
import type { Clients } from "./finish-build.ts";

/** 1 to 80 conversations, none of them twice. */
export const ConversationIds = z.array(z.guid().toLowerCase()).min(1).max(80)
  .refine((ids) => new Set(ids).size === ids.length, "must not repeat a conversation");

export const Validation = z.enum(["repair", "strict"]).default("repair");

/** Body of `POST /training-files`. */
export const CreateTrainingFileRequest = z.strictObject({
  orgId: z.guid().optional(),
  name: z.string().trim().min(1).max(255),
  description: z.string().max(2000).nullish(),
  conversation_ids: ConversationIds,
  validation: Validation,
});
export type CreateTrainingFileRequest = z.output<typeof CreateTrainingFileRequest>;

/** Header `Idempotency-Key`. */
export const IdempotencyKey = z.string().min(1).max(255).regex(/^[\x21-\x7e]+$/);

/** Makes a training file and its first version. Throws `ApiError`. */
export async function createTrainingFile(
  clients: Clients,
  request: CreateTrainingFileRequest,
  key: string | null,
): Promise<Answer> {
  const { orgId, name, description, conversation_ids, validation } = request;
  return await beginOnce(
    clients,
    { key, request, status: 201 },
    (keyArguments) =>
      clients.user.rpc("create_training_file", {
        p_name: name,
        p_conversation_ids: conversation_ids,
        p_org_id: orgId,
        p_description: description ?? undefined,
        p_options: { validation },
        ...keyArguments,
      }),
  );
}
